"""`ExportedEncoder`: words and pictures to vectors by exported towers, without the seconds that PyTorch takes."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from retriever.embedding import SearchEncoder
from retriever.encoder.locate import locate
from retriever.encoder.queries import MOST_AT_ONCE, QueryEncoder
from retriever.encoder.record import BackboneRecord, record_file
from retriever.encoder.tokens import ClipTokenizer
from retriever.encoder.tower import LENGTH_STEP, ExportedTower, Features, checked, place_of
from retriever.errors import EncoderError

if TYPE_CHECKING:
    from retriever.encoder.encoder import Encoder
    from retriever.encoder.runtime import Runtime

_PICTURES_AT_ONCE = 16


class ExportedEncoder:
    """An `Encoder` with the same vectors, for a process that answers a query and ends.

    The towers are those in ``folder``. ``load`` gives the whole encoder, which is loaded for the first picture
    where only open_clip can prepare one or the picture tower was not exported.
    """

    def __init__(
        self,
        spec: str,
        record: BackboneRecord,
        tower: ExportedTower,
        folder: Path,
        load: "Callable[[], Encoder]",
    ) -> None:
        self.spec = spec
        self.dim = record.dim
        self.fingerprint = record.fingerprint
        self._trims = record.trims_text
        self._tower = tower
        self._tokenizer = ClipTokenizer(record.context_length)
        self._prepare = record.preparation
        self._folder = folder
        self._load = load
        self._loading = threading.Lock()
        self._pictures: ExportedTower | None = None
        self._whole: Encoder | None = None
        self._queries = QueryEncoder(self._encode, self._keys)

    @classmethod
    def find(
        cls, spec: str, exports: Path, runtime: "Runtime" = "auto"
    ) -> "ExportedEncoder | None":
        """The backbone of that spec if it was exported, is unchanged since and has CLIP's tokenizer.

        None where it has to be loaded through `Encoder.load`, which says what is wrong with an export.
        Raises `EncoderError` for a spec that is unknown.
        """
        source = locate(spec)
        try:
            file = record_file(source, exports)
            record = None if file is None else BackboneRecord.read(file)
            if record is None:
                return None
            folder = exports / record.fingerprint
            tower = ExportedTower(place_of("text", folder))
        except (OSError, EncoderError):
            return None

        def load() -> "Encoder":
            from retriever.encoder.encoder import Encoder

            return Encoder.load(spec, runtime=runtime, exports=exports)

        return cls(source.spec, record, tower, folder, load)

    def encode_texts(self, texts: Sequence[str]) -> Features:
        """As `Encoder.encode_texts`."""
        if not texts:
            return np.empty((0, self.dim), np.float32)
        batches = (texts[at : at + MOST_AT_ONCE] for at in range(0, len(texts), MOST_AT_ONCE))
        return np.concatenate([self._encode(list(batch)) for batch in batches])

    def encode_queries(self, texts: Sequence[str]) -> Features:
        """As `Encoder.encode_queries`."""
        return self._queries(texts) if texts else self.encode_texts(texts)

    def encode_pictures(self, pictures: Iterable[Image.Image]) -> Features:
        """As `Encoder.encode_pictures`. Raises `EncoderError` when that takes the whole encoder and the
        backbone was replaced meanwhile.
        """
        with self._loading:
            if self._whole is None and self._pictures is None:
                self._open_pictures()
        if self._pictures is None or self._prepare is None:
            assert self._whole is not None  # noqa: S101 - `_open_pictures` gave one of the two
            return self._whole.encode_pictures(pictures)
        remaining = iter(pictures)
        rows = [np.empty((0, self.dim), np.float32)]
        while batch := [self._prepare(one) for one in islice(remaining, _PICTURES_AT_ONCE)]:
            rows.append(checked(self._pictures.run(np.stack(batch)), self.spec))
        return np.concatenate(rows)

    def _open_pictures(self) -> None:
        """The exported tower where that will do, else the whole encoder."""
        if self._prepare is not None:
            # Without an export of it, loading the whole encoder makes one, and warns where it cannot.
            with suppress(EncoderError, OSError):
                self._pictures = ExportedTower(place_of("pictures", self._folder))
                return
        whole = self._load()
        if whole.fingerprint != self.fingerprint:
            raise EncoderError(
                f"encoder {self.spec} was {self.fingerprint} when it was opened and is "
                f"{whole.fingerprint} now; search again, with the index of the new one"
            )
        self._whole = whole

    def _encode(self, texts: list[str]) -> Features:
        tokens = self._tokenizer(texts)
        if self._trims:
            length = int(self._tokenizer.lengths(tokens).max())
            tokens = tokens[:, : -(-length // LENGTH_STEP) * LENGTH_STEP]
        return checked(self._tower.run(tokens), self.spec)

    def _keys(self, texts: list[str]) -> list[bytes]:
        return [row.tobytes() for row in self._tokenizer(texts)]


def open_encoder(
    spec: str, *, runtime: "Runtime" = "auto", exports: Path | None = None
) -> SearchEncoder:
    """An encoder for a process that answers a few queries: exported if it can be, else whole.

    Arguments and errors are those of `Encoder.load`, which is also what a long-running process takes, so
    that its first picture does not wait. An export runs on the CPU, where there is a GPU too: to find out
    about that takes PyTorch.
    """
    if exports is not None and runtime != "torch":
        found = ExportedEncoder.find(spec, exports, runtime)
        if found is not None:
            return found
    from retriever.encoder.encoder import Encoder

    return Encoder.load(spec, runtime=runtime, exports=exports)
