"""Pictures through the encoder into the feature cache; shared by indexing and training."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from PIL import Image

from retriever.encoder import Encoder
from retriever.encoder.threads import map_in_threads
from retriever.errors import FeatureCacheError, PictureError
from retriever.features import FeatureCache
from retriever.picture import Picture

_ROWS_AT_ONCE = 256
"""Pictures whose features are written together: what an interruption loses at most."""


@dataclass(slots=True)
class Encoded:
    """How many pictures were encoded, and by key why others could not be."""

    count: int = 0
    failed: dict[str, PictureError] = field(default_factory=dict)


def encode_missing(encoder: Encoder, cache: FeatureCache, pictures: Sequence[Picture]) -> Encoded:
    """Encode the pictures that the cache does not have, so that it has all but those that failed.

    Their features [n, dim] are then ``cache.get([picture.key for picture in pictures])``. Raises
    `FeatureCacheError` when the cache is of another backbone or cannot be written, and `PictureError`
    when a picture's bytes cannot even be read, so that it has no key.
    """
    if cache.fingerprint != encoder.fingerprint:
        raise FeatureCacheError(
            f"the feature cache {cache.folder} is of the backbone {cache.fingerprint}, but encoder "
            f"{encoder.spec} is {encoder.fingerprint}; open the cache with that fingerprint"
        )
    by_key = {picture.key: picture for picture in pictures}
    missing = iter(cache.missing(list(by_key)))
    encoded = Encoded()
    while keys := list(islice(missing, _ROWS_AT_ONCE)):
        decoded: list[str] = []
        images = _decoded({key: by_key[key] for key in keys}, decoded, encoded.failed)
        features = encoder.encode_pictures(images)  # fills `decoded` on the way
        cache.put(decoded, features)
        encoded.count += len(decoded)
    return encoded


def _decoded(
    pictures: dict[str, Picture], decoded: list[str], failed: dict[str, PictureError]
) -> Iterator[Image.Image]:
    """The pictures that can be decoded; their keys go to ``decoded``, in the same order."""
    for key, image in zip(pictures, map_in_threads(_open, pictures.values()), strict=True):
        if isinstance(image, PictureError):
            failed[key] = image
        else:
            decoded.append(key)
            yield image


def _open(picture: Picture) -> Image.Image | PictureError:
    try:
        return picture.open()
    except PictureError as error:
        return error
