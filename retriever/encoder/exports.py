"""Towers exported to OpenVINO, kept on disk and checked whenever they are loaded.

Layout, one folder for each backbone, tower and release of OpenVINO::

    <folder>/<backbone fingerprint>/<text or pictures>-openvino-<release>/
        model.xml, model.bin    the graph and its weights, fp32
        probe.npz               a batch, and the features that PyTorch made of it
    <folder>/<key>.json         what is known of the backbone: see `retriever.encoder.record`

An export is written under another name and renamed, so a killed process leaves none that is half
written; what it left under the other name goes with the next export, an hour later. One that is damaged, or
whose features are no longer those that PyTorch made when it was exported, is made again once. Which backbone
it is of, its folder's name alone says.
"""

import logging
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from retriever.encoder.tower import MODEL, PROBE, ExportedTower, place_of
from retriever.errors import EncoderError

_WRITING = ".writing-"
_ABANDONED_SECONDS = 3600
"""No export takes as long: one begun before that was interrupted."""

_LOG = logging.getLogger("shoplens")


@dataclass(frozen=True, slots=True)
class Source:
    """A tower to export: its name; a module from one batch to unit features; a batch [n, ...] of at least
    two rows to trace it with and compare it on; and the shape that it takes, -1 for any size.
    """

    name: str
    module: nn.Module
    probe: Tensor
    shape: Sequence[int]


def exported_tower(source: Source, folder: Path, *, int8: bool = False) -> ExportedTower | None:
    """The tower from the exports in ``folder`` (of one backbone), exported first where it is not there.

    With ``int8`` its linear layers run in that, unless its features would be others then, of which a warning is
    logged. None, with a warning logged, where it cannot be exported, stored or trusted: PyTorch runs it then.
    """
    place = place_of(source.name, folder)
    try:
        tower = _opened(place)
        if tower is None:
            _export(source, place)
            tower = ExportedTower(place)
        if int8:
            try:
                return ExportedTower(place, "int8")
            except EncoderError as error:
                _LOG.warning("the %s tower does without int8: %s", source.name, error)
        return tower
    except (EncoderError, OSError) as error:
        _LOG.warning(
            "the %s tower runs in PyTorch, which is slower: %s; free space or choose another data "
            "folder if it is about the disk, else set SHOPLENS_RUNTIME=torch and this is not tried again",
            source.name,
            error,
        )
        return None


def _opened(place: Path) -> ExportedTower | None:
    """The export that is there; None, once it is removed, where it cannot be used."""
    if not place.is_dir():
        return None
    try:
        return ExportedTower(place)
    except EncoderError as error:
        _LOG.warning("%s; exporting it again", error)
        shutil.rmtree(place)
        return None


def _export(source: Source, place: Path) -> None:
    """Write the export of a tower. Raises `EncoderError`, and `OSError` when it cannot be written."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for left in place.parent.glob(f"{_WRITING}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=_WRITING) as beside:
        made = Path(beside) / place.name
        made.mkdir()
        try:
            with torch.no_grad():
                _save(source, made)
        except OSError:
            raise
        except Exception as error:
            raise EncoderError(
                f"it cannot be exported to OpenVINO: {type(error).__name__}: {str(error)[:200]}"
            ) from error
        try:
            made.rename(place)
        except OSError:
            if not place.is_dir():  # else another process was faster, and its export is as good
                raise


def _save(source: Source, folder: Path) -> None:
    import openvino
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    features = source.module(source.probe)
    trace: Any = torch.jit.trace
    # The fused attention of PyTorch's evaluation mode is one operator that no other runtime has.
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings():
            # torch.export, which PyTorch advises instead, refuses a text tower whose length may be both
            # the whole context and less. And branches on the shape of the probe are meant.
            warnings.simplefilter("ignore")
            traced = trace(source.module, source.probe, check_trace=False)
            # openvino.convert_model would do the same, and report its use to Intel without asking.
            frontend = FrontEndManager().load_by_framework("pytorch")
            decoder = TorchScriptPythonDecoder(traced)  # must outlive the conversion
            graph = frontend.convert(frontend.load(decoder))
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    graph.reshape({0: list(source.shape)})
    openvino.save_model(graph, folder / MODEL, compress_to_fp16=False)
    np.savez(folder / PROBE, batch=source.probe.numpy(), features=features.numpy())
    for file in folder.iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
