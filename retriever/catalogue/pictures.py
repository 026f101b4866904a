"""From a catalogue's cell to a picture: bytes, a path, a ``{bytes, path}`` or ``{src}`` record or an address."""

import re
from collections.abc import Mapping
from pathlib import Path

from retriever.catalogue.fetch import PictureFetcher
from retriever.catalogue.values import Cell, as_text, is_missing
from retriever.errors import PictureError
from retriever.picture import Picture

_SCHEME = re.compile(r"(data)(?=:)|([a-z][a-z0-9+.-]+)(?=://)", re.IGNORECASE)


def picture_of(
    cell: Cell, *, base: Path, aspect: tuple[int, int] | None, fetcher: PictureFetcher | None
) -> Picture | None:
    """The cell's picture (of a list, the first); None where it is missing.

    Relative paths start at ``base``. Without a ``fetcher`` addresses are refused. The file is neither
    opened nor looked for here. Raises `PictureError`.
    """
    if isinstance(cell, (list, tuple)):
        cell = next((part for part in cell if not is_missing(part)), None)
    if isinstance(cell, Mapping):
        data = cell.get("bytes")
        places = (data, *(cell.get(name) for name in ("path", "src", "url")))
        cell = next((place for place in places if not is_missing(place)), None)
    if is_missing(cell):
        return None
    if isinstance(cell, (bytes, bytearray)):
        return Picture(bytes(cell), aspect)
    text = as_text(cell)
    scheme = _SCHEME.match(text)
    if scheme is None:
        return Picture(base / text, aspect)
    if scheme[0].lower() == "data":
        raise PictureError("the picture is a data: address; save it to a file and give its path")
    if scheme[0].lower() not in ("http", "https"):
        raise PictureError(f"picture {text}: only paths, http and https are understood")
    if fetcher is None:
        raise PictureError(
            f"the picture is at {text}, and addresses are not fetched unless allowed "
            "(--allow-urls, or allow_urls = true under [picture])"
        )
    return Picture(fetcher.fetch(text), aspect)
