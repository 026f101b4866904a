"""A folder of pictures: every picture is a product, named by its file and its folder."""

import os
import re
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from retriever.catalogue.config import CONFIG_NAME
from retriever.catalogue.reader import RawRow, Reader
from retriever.errors import CatalogueError

_PICTURES = frozenset({".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


class FolderReader(Reader):
    """``shoes/red-boot.jpg`` -> id "shoes/red-boot", title "red boot", category "shoes"."""

    format = "folder"
    suffixes = ()
    row_word = "file"

    @property
    def folder(self) -> Path:
        return self.path

    def columns(self) -> list[str]:
        if not self._files[0]:
            raise CatalogueError(
                f"{self.path} holds no pictures ({', '.join(sorted(_PICTURES))}); "
                "give the path of a catalogue file or of a folder with pictures"
            )
        return ["id", "title", "category", "picture"]

    def rows(self, skip: Collection[str] = ()) -> Iterator[RawRow]:
        for number, file in enumerate(self._files[0], start=1):
            inside = file.relative_to(self.path)
            try:
                inside.as_posix().encode("utf-8")
            except UnicodeEncodeError:
                problem = f"has a name that is not UTF-8 ({inside.as_posix()!a}); rename it"
                yield RawRow(number, {}, problem)
                continue
            yield RawRow(
                number,
                {
                    "id": inside.with_suffix("").as_posix(),
                    "title": _words(file.stem),
                    "category": _words(inside.parent.name),
                    "picture": str(file.absolute()),
                },
            )

    def notes(self) -> list[str]:
        others = self._files[1]
        if not others:
            return []
        shown = ", ".join(str(file.relative_to(self.path)) for file in others[:3])
        return [f"{len(others)} other files in the folder are not pictures: {shown}"]

    @cached_property
    def _files(self) -> tuple[list[Path], list[Path]]:
        """Pictures and other files, sorted by path; hidden ones and the settings are neither.

        A link to nowhere is what its name says, so that a lost picture is set aside and not forgotten;
        a link to a folder is an other file, as following it might never end.
        """
        pictures: list[Path] = []
        others: list[Path] = []
        for folder, folders, names in os.walk(self.path, onerror=_refuse):
            folders[:] = [name for name in folders if not name.startswith(".")]
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for name in [*names, *links]:
                file = Path(folder, name)
                if name.startswith(".") or file == self.path / CONFIG_NAME:
                    continue
                picture = file.suffix.lower() in _PICTURES and (file.is_file() or not file.exists())
                (pictures if picture else others).append(file)
        return sorted(pictures), sorted(others)


def _refuse(error: OSError) -> NoReturn:
    """A folder that cannot be listed ends the reading: its products would seem to be gone."""
    raise CatalogueError(
        f"the folder {error.filename} cannot be read: {error.strerror}; correct its permissions"
    ) from error


def _words(name: str) -> str:
    return re.sub(r"[-_\s]+", " ", name).strip()
