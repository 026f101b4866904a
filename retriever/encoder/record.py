"""What is known of a backbone before its weights are loaded, kept beside its exports.

Layout: ``<exports>/<key>.json``, where the key is a hash of every file of the backbone's folder and of the
releases of the packages that read them. A record is never out of date, as another backbone has another key.
Backbones that are fetched have none: their weights may change where nothing here tells.
"""

import hashlib
import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from retriever.encoder.locate import Source
from retriever.encoder.prepare import Preparation

_FORMAT = 2
_READERS = ("open_clip_torch", "timm", "torch")


class BackboneRecord(BaseModel):
    """What a search must know of a backbone with CLIP's tokenizer (see `retriever.encoder.tokens`).

    The fields are those of `Encoder`. ``preparation`` is that of pictures, None where only open_clip has it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprint: str
    dim: int
    context_length: int
    trims_text: bool
    preparation: Preparation | None

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """The record; None where there is none, or a damaged one, which the next full load replaces."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, file: Path) -> None:
        """Under another name first, so that a killed process leaves no half. Raises `OSError`."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".writing-") as beside:
            made = Path(beside) / file.name
            made.write_text(self.model_dump_json(), encoding="utf-8")
            made.replace(file)


def record_file(source: Source, exports: Path) -> Path | None:
    """Where the record of a backbone is; None for those without. Raises `OSError` for unreadable files."""
    if source.folder is None:
        return None
    files: dict[str, str] = {}
    for path in sorted(source.folder.iterdir()):
        if path.is_file():
            with path.open("rb") as opened:
                files[path.name] = hashlib.file_digest(opened, "blake2b").hexdigest()
    parts = [_FORMAT, source.model, files, {package: version(package) for package in _READERS}]
    key = hashlib.blake2b(json.dumps(parts).encode(), digest_size=16, person=b"shoplens record")
    return exports / f"{key.hexdigest()}.json"
