"""Where calibrations are kept: one file for each encoder, adapter and catalogue, in one folder."""

import os
from pathlib import Path

from generator.abstention.model import AbstentionModel, catalogue_key
from retriever.capabilities import Capabilities


class Calibrations:
    """A folder of models; a file that cannot be read counts as none, and calibrating replaces it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, capabilities: Capabilities) -> AbstentionModel | None:
        """The model of what is served; None where it was not calibrated."""
        try:
            model = AbstentionModel.load(
                self._path(capabilities.fingerprint, catalogue_key(capabilities))
            )
        except (
            OSError,
            ValueError,
        ):  # pydantic's errors are ValueErrors, and so are bytes of no text
            return None
        return model if model.is_of(capabilities) else None

    def save(self, model: AbstentionModel) -> Path:
        """Keep a model, atomically; returns its file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(model.fingerprint, model.catalogue)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(model.model_dump_json(indent=1) + "\n", encoding="utf-8")
        part.replace(path)
        return path

    def _path(self, fingerprint: str, catalogue: str) -> Path:
        return self.folder / f"{fingerprint}-{catalogue}.json"
