"""Small copies of the pictures of indexed products, for galleries and cards: an index holds none."""

import io
import os
import re
from pathlib import Path

from PIL import Image

from retriever.errors import SettingsError
from retriever.picture import Picture

THUMBNAIL_SIZE = 320
"""The longer side of a small copy, in pixels."""

_KEY = re.compile(r"[0-9a-f]{32}")
_QUALITY = 85


class ThumbnailStore:
    """JPEG files in a folder, named by `Picture.key`: equal pictures are kept once.

    Files appear by atomic rename, so a reader never sees half of one and several processes may write
    at once. What is lost can be made again from the catalogue.
    """

    def __init__(self, folder: Path) -> None:
        """Makes no folder until the first `add`."""
        self._folder = folder

    def add(self, picture: Picture) -> None:
        """Keep a small copy of the picture; one that is already there is not decoded again.

        Raises `PictureError` for a picture that cannot be decoded, `SettingsError` when the folder
        cannot be written.
        """
        path = self._path(picture.key)
        if path is None or path.is_file():
            return
        data = thumbnail(picture.open())
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError as error:
            raise SettingsError(
                f"the folder for small pictures {self._folder} cannot be written "
                f"({error.strerror}); free some space or choose another data folder"
            ) from error

    def read(self, key: str) -> bytes | None:
        """The small copy as JPEG, or None where none was kept (nor can be: no picture has that key)."""
        path = self._path(key)
        if path is None:
            return None
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def _path(self, key: str) -> Path | None:
        # Keys reach this from outside too; only what cannot leave the folder becomes a path.
        if _KEY.fullmatch(key) is None:
            return None
        return self._folder / key[:2] / f"{key}.jpg"


def thumbnail(image: Image.Image) -> bytes:
    """An RGB picture as JPEG with sides of at most `THUMBNAIL_SIZE`; a smaller one keeps its size."""
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=_QUALITY)
    return buffer.getvalue()
