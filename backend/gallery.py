"""The gallery: the answer of a search as one HTML file that needs nothing beside it."""

import base64
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from backend.presentation import SCORES, key_attributes, printable, shown_title
from retriever.errors import SettingsError
from retriever.picture import Picture
from retriever.retrieved import Mode, RetrievedProduct
from retriever.thumbnails import ThumbnailStore, thumbnail

_ATTRIBUTES = 6


@dataclass(frozen=True, slots=True)
class GalleryQuery:
    """What was asked: words, a picture, the filter as it was typed, and how it was searched."""

    text: str = ""
    picture: Picture | None = None
    where: str = ""
    mode: Mode = "dense"


def write_gallery(
    path: Path,
    query: GalleryQuery,
    retrieved: Sequence[RetrievedProduct],
    thumbnails: ThumbnailStore,
) -> None:
    """Write `render_gallery` to a file. Raises `SettingsError` when it cannot be written."""
    html = render_gallery(query, retrieved, thumbnails)
    temporary = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(html, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise SettingsError(
            f"the gallery {path} cannot be written: {error.strerror or error}; choose another file"
        ) from error


def render_gallery(
    query: GalleryQuery, retrieved: Sequence[RetrievedProduct], thumbnails: ThumbnailStore
) -> str:
    """One HTML page with a card for each product, its picture inside; no scripts, no requests.

    Text from the catalogue is escaped. A product whose picture was not kept gets a card without one.
    Raises `PictureError` when the query's picture cannot be decoded.
    """
    environment = Environment(
        loader=PackageLoader("backend"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("gallery.html").render(
        text=printable(query.text),
        picture=None if query.picture is None else _data_uri(thumbnail(query.picture.open())),
        where=printable(query.where),
        mode=query.mode,
        score_name=SCORES[query.mode],
        cards=[_card(found, query.text, thumbnails) for found in retrieved],
    )


def _card(found: RetrievedProduct, query: str, thumbnails: ThumbnailStore) -> dict[str, object]:
    product = found.product
    kept = thumbnails.read(found.picture_key)
    return {
        "rank": found.rank,
        "score": f"{found.score:.3f}",
        "title": shown_title(product, 120),
        "id": printable(product.id),
        "brand": printable(product.brand or ""),
        "category": printable(product.category or ""),
        "price": str(product.price or ""),
        "attributes": key_attributes(product, query, _ATTRIBUTES),
        "picture": None if kept is None else _data_uri(kept),
    }


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
