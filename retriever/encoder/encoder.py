"""`Encoder`: a loaded backbone, both towers."""

import logging
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from pickle import UnpicklingError
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
import open_clip
import torch
from PIL import Image
from pydantic import ValidationError
from torch import Tensor, nn

from retriever.encoder.exports import exported_tower
from retriever.encoder.locate import Source, locate
from retriever.encoder.prepare import Preparation
from retriever.encoder.prepare import agrees as prepares_as
from retriever.encoder.queries import QueryEncoder
from retriever.encoder.record import BackboneRecord, record_file
from retriever.encoder.runtime import Runtime, TorchPictures, Tower, resolved
from retriever.encoder.sources import picture_source, text_source
from retriever.encoder.text import PROBES, TextTower, Tokenizer
from retriever.encoder.threads import map_in_threads
from retriever.encoder.tokens import ClipTokenizer, agrees
from retriever.encoder.torch_preparation import fast_preparation
from retriever.encoder.tower import Features, checked
from retriever.errors import EncoderError
from retriever.fingerprint import backbone_fingerprint

_LOG = logging.getLogger("shoplens")


class Encoder:
    """An open_clip model that turns texts and pictures into unit vectors of one space.

    ``spec``: what `load` was given, with paths made absolute. ``dim``: length of the vectors.
    ``fingerprint``: of weights, architecture, tokenizer and preprocessing (see `backbone_fingerprint`).
    ``logit_scale``: the factor on cosine similarities that the model was trained with, about 100 for
    CLIP. ``trims_text``: whether texts are run without their padding (see `retriever.encoder.text`).
    ``context_length``: how many tokens of a text are read, the start and end tokens included.
    ``model``, ``preprocess`` and ``tokenizer`` are open_clip's own, for those who train it.
    ``runtimes``: what runs the towers ``text`` and ``pictures`` (see `retriever.encoder.runtime`).

    A text or a picture gets the same vector whatever stands beside it in the batch, to about 1e-6 in fp32
    and to a cosine of 0.9999 in bf16.
    """

    def __init__(
        self,
        spec: str,
        model: nn.Module,
        preprocess: Any,
        tokenizer: Tokenizer,
        *,
        batch_size: int = 64,
    ) -> None:
        """Wrap a model of open_clip that lies on its device; puts it into evaluation mode."""
        parts: Any = model.eval()
        self.spec = spec
        self.batch_size = batch_size
        self.device = next(model.parameters()).device
        self.model = parts
        self.preprocess = preprocess
        self._prepare = fast_preparation(parts.visual.preprocess_cfg, preprocess)
        self.tokenizer = tokenizer
        with torch.inference_mode():
            self._text = TextTower(model, tokenizer, self.device)
            probe = self._text.tokens([""])
            self.dim = int(self._text.encode(probe).shape[1])
            self.logit_scale = float(parts.logit_scale.exp())
        self._pictures: Tower = TorchPictures(model, self.device)
        self._queries = QueryEncoder(lambda texts: self.encode_texts(texts), self._text.keys)
        self.context_length = int(probe.shape[1])
        self.trims_text = self._text.trims
        self.fingerprint = backbone_fingerprint(model, parts.visual.preprocess_cfg, tokenizer)

    @classmethod
    def load(
        cls,
        spec: str,
        *,
        device: str | None = None,
        batch_size: int = 64,
        runtime: Runtime = "auto",
        exports: Path | None = None,
    ) -> Self:
        """Load a backbone through open_clip's own factory, with its fp32 weights and own preprocessing.

        ``spec`` is one of::

            mini                           the bundled backbone
            ViT-B-32:laion2b_s34b_b79k     an open_clip model and its pretrained tag
            ViT-B-32:path/to/checkpoint    the same with weights of one's own
            hf-hub:owner/model             a model on the Hugging Face Hub
            path/to/folder                 open_clip_config.json and weights; also local-dir:path

        ``device`` is CUDA where there is one, else the CPU. ``exports`` is a folder that towers exported
        for OpenVINO are kept in; without it they are not, and ``runtime`` ``auto`` means PyTorch. Raises
        `EncoderError` when the model is unknown or cannot be loaded, `SettingsError` for a runtime that
        cannot be used there.
        """
        source = locate(spec)
        target = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            model, preprocess = open_clip.create_model_from_pretrained(
                source.model,
                source.pretrained,
                device=torch.device(target),
                force_quick_gelu=source.quick_gelu,
            )
            tokenizer = open_clip.get_tokenizer(source.model)
        except Exception as error:
            raise _cannot_load(source, target, error) from error
        encoder = cls(source.spec, model, preprocess, tokenizer, batch_size=batch_size)
        if resolved(runtime, encoder.device, keeps_exports=exports is not None) != "torch":
            encoder._export(exports, int8=runtime == "int8")
            if exports is not None:
                encoder._keep_record(source, exports)
        return encoder

    def encode_texts(self, texts: Sequence[str]) -> Features:
        """Unit rows, float32 [n, dim], in the order of the texts; ``""`` is a text like any other.

        Tokens beyond the context (`context_length`) are cut off, as open_clip does.
        """
        if not texts:
            return np.empty((0, self.dim), np.float32)
        tokens = self._text.tokens(list(texts))
        # Texts of similar length share a batch, so that a long one does not lengthen all others.
        order = self._text.lengths(tokens).argsort(stable=True)
        rows = torch.empty(len(texts), self.dim)
        with torch.inference_mode():
            for batch in torch.split(order, self.batch_size):
                rows[batch] = self._text.encode(tokens[batch])
        return checked(rows.numpy(), self.spec)

    def encode_queries(self, texts: Sequence[str]) -> Features:
        """As `encode_texts`, for what shoppers type: remembered, and batched across threads.

        See `retriever.encoder.queries`.
        """
        return self._queries(texts) if texts else self.encode_texts(texts)

    def encode_pictures(self, pictures: Iterable[Image.Image]) -> Features:
        """Unit rows, float32 [n, dim], in the order of the pictures, which are consumed lazily."""
        return self.encode_prepared(map_in_threads(self.prepare, pictures))

    def prepare(self, picture: Image.Image) -> Tensor:
        """What ``preprocess`` makes of a picture, [3, height, width], faster (see `fast_preparation`)."""
        prepared = self._prepare(picture)
        return torch.from_numpy(prepared) if isinstance(prepared, np.ndarray) else prepared

    def encode_prepared(self, pictures: Iterable[Tensor]) -> Features:
        """Unit rows, float32 [n, dim], of what `prepare` made of pictures: [3, height, width] each."""
        remaining = iter(pictures)
        rows: list[Features] = []
        while batch := list(islice(remaining, self.batch_size)):
            with torch.inference_mode():
                features = self._pictures(torch.stack(batch)).numpy()
            rows.append(checked(features, self.spec))
        return np.concatenate(rows) if rows else np.empty((0, self.dim), np.float32)

    @property
    def runtimes(self) -> dict[str, str]:
        """What runs each tower, in words."""
        pictures = getattr(self._pictures, "description", "")
        return {"text": self._text.description, "pictures": str(pictures)}

    def _export(self, exports: Path | None, *, int8: bool) -> None:
        """Run what OpenVINO can run in it; the other towers stay in PyTorch."""
        with TemporaryDirectory() as passing:
            folder = (exports or Path(passing)) / self.fingerprint
            if (text := exported_tower(text_source(self._text), folder)) is not None:
                self._text.run_by(text)
            pictures = exported_tower(picture_source(self.model), folder, int8=int8)
            if pictures is not None:
                self._pictures = pictures

    def _keep_record(self, source: Source, exports: Path) -> None:
        """Let searches of this backbone do without PyTorch from now on, where it has CLIP's tokenizer."""
        ours = ClipTokenizer(self.context_length)
        try:
            file = record_file(source, exports)
            if (
                file is None
                or BackboneRecord.read(file) is not None
                or not agrees(self.tokenizer, ours)
            ):
                return
            tokens = ours(PROBES)
            lengths = self._text.lengths(torch.from_numpy(tokens))
            if self.trims_text and not np.array_equal(ours.lengths(tokens), lengths.numpy()):
                return
            record = BackboneRecord(
                fingerprint=self.fingerprint,
                dim=self.dim,
                context_length=self.context_length,
                trims_text=self.trims_text,
                preparation=_preparation(self.model.visual.preprocess_cfg, self.preprocess),
            )
            record.write(file)
        except OSError as error:
            _LOG.warning("searches start slower: no record of %s can be kept: %s", self.spec, error)


def _preparation(config: Any, preprocess: Any) -> Preparation | None:
    """open_clip's preparation of pictures without open_clip; None where it cannot be done so."""
    try:
        ours = Preparation.model_validate(config)
    except ValidationError:
        return None
    return ours if prepares_as(preprocess, ours) else None


def _cannot_load(source: Source, device: str, error: Exception) -> EncoderError:
    if isinstance(error, UnpicklingError):
        # torch's own message advises loading without its safeguard, which runs what the file says.
        error = UnpicklingError("the checkpoint is damaged, or holds more than weights")
    if source.online:
        advice = "check the name and the network, or fetch it elsewhere and give the folder"
    else:
        advice = "check that the config and the weights are complete and belong together"
    return EncoderError(
        f"encoder {source.spec} cannot be loaded on {device}: {type(error).__name__}: {error}; {advice}"
    )
