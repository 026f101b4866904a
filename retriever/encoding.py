"""Pictures through the encoder into the feature cache; shared by indexing and training."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from torch import Tensor

from retriever.encoder import Encoder
from retriever.encoder.threads import map_in_threads
from retriever.errors import FeatureCacheError, PictureError
from retriever.features import FeatureCache, Features
from retriever.picture import Picture

ROWS_AT_ONCE = 256
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
    check_cache(cache, encoder)
    by_key = {picture.key: picture for picture in pictures}
    missing = iter(cache.missing(list(by_key)))
    encoded = Encoded()
    while keys := list(islice(missing, ROWS_AT_ONCE)):
        usable, features = encode_usable(
            encoder, {key: by_key[key] for key in keys}, encoded.failed
        )
        cache.put(usable, features)
        encoded.count += len(usable)
    return encoded


def check_cache(cache: FeatureCache, encoder: Encoder) -> None:
    """Raises `FeatureCacheError` when the cache is of another backbone."""
    if cache.fingerprint != encoder.fingerprint:
        raise FeatureCacheError(
            f"the feature cache {cache.folder} is of the backbone {cache.fingerprint}, but encoder "
            f"{encoder.spec} is {encoder.fingerprint}; open the cache with that fingerprint"
        )


def encode_usable(
    encoder: Encoder, pictures: Mapping[str, Picture], failed: dict[str, PictureError]
) -> tuple[list[str], Features]:
    """Keys of the pictures that can be decoded, and their features [n, dim]; the others go to ``failed``."""
    usable: list[str] = []
    features = encoder.encode_prepared(_prepared(encoder, pictures, usable, failed))
    return usable, features  # the keys came in on the way


def _prepared(
    encoder: Encoder,
    pictures: Mapping[str, Picture],
    usable: list[str],
    failed: dict[str, PictureError],
) -> Iterator[Tensor]:
    """What the encoder takes of each picture that can be decoded; their keys go to ``usable``, in order.

    Threads decode and shrink the next batch while the encoder works on one: decoded, no more pictures are
    held than there are threads.
    """

    def prepare(picture: Picture) -> Tensor | PictureError:
        try:
            image = picture.open()
        except PictureError as error:
            return error
        return encoder.prepare(image)

    results = map_in_threads(prepare, pictures.values(), ahead=encoder.batch_size)
    for key, result in zip(pictures, results, strict=True):
        if isinstance(result, PictureError):
            failed[key] = result
        else:
            usable.append(key)
            yield result
