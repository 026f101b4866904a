from pathlib import Path

import numpy as np
import pytest
import torch

from retriever.adapter import Adapter, AdapterConfig
from retriever.errors import SettingsError
from training.fit import FitSettings, fit
from training.negatives import hard_negatives
from training.pairs import PairFeatures, group


def rotated(count: int = 200, dim: int = 16) -> PairFeatures:
    """Pictures are the texts turned by a fixed rotation: learnable, and hard as it stands."""
    rng = np.random.default_rng(0)
    texts = rng.normal(size=(count, dim)).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0].astype(np.float32)
    return PairFeatures(texts, texts @ turn)


def recall(adapter: Adapter, data: PairFeatures) -> float:
    scores = adapter.embed_texts(data.texts) @ adapter.embed_pictures(data.pictures).T
    return float((scores.argmax(axis=1) == np.arange(len(scores))).mean())


def numbered(count: int) -> np.ndarray:
    return np.stack([np.arange(count), np.arange(count)], axis=1)


def test_a_linear_adapter_learns_a_rotation() -> None:
    data = rotated()
    adapter = Adapter(AdapterConfig(kind="linear", dim=16))
    before = recall(adapter, data)
    settings = FitSettings(rate=1e-2, epochs=40, batch=64, hard_negatives=2)
    result = fit(adapter, data, numbered(200), lambda a: recall(a, data), settings)
    assert before < 0.2
    assert recall(adapter, data) == result.best_score > 0.8


class StoppedError(Exception):
    pass


def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    data, settings = rotated(), FitSettings(rate=1e-2, epochs=6, batch=64)

    def run(checkpoint: Path | None, stop_at: int = 99) -> Adapter:
        def stop(epoch: int, _: dict[str, float]) -> None:
            if epoch == stop_at:
                raise StoppedError

        torch.manual_seed(0)
        adapter = Adapter(AdapterConfig(kind="residual", dim=16, bottleneck=8))
        score = lambda a: recall(a, data)  # noqa: E731
        fit(adapter, data, numbered(200), score, settings, checkpoint=checkpoint, on_epoch=stop)
        return adapter

    whole = run(None)
    file = tmp_path / "run.pt"
    with pytest.raises(StoppedError):
        run(file, stop_at=3)
    assert run(file).fingerprint == whole.fingerprint
    assert not file.exists()


def test_settings_that_cannot_train_are_refused() -> None:
    adapter, data = Adapter(AdapterConfig(kind="linear", dim=16)), rotated(4)
    with pytest.raises(SettingsError, match="no loss 'hinge'"):
        fit(adapter, data, numbered(4), lambda _: 0.0, FitSettings(loss="hinge"))
    with pytest.raises(SettingsError, match="at least 2"):
        fit(adapter, rotated(1), numbered(1), lambda _: 0.0, FitSettings())


def test_hard_negatives_are_near_but_never_right() -> None:
    texts = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]])
    positives = torch.tensor([[0, 0], [1, 1], [0, 2]])  # the first and the third share a text
    assert hard_negatives(texts, texts, positives, 1).flatten().tolist() == [1, 2, 1]


def test_a_shared_title_or_picture_makes_one_group() -> None:
    numbers = group(
        ["a red  Shirt", "A red shirt", "mug", "cup", "sofa"], ["1", "2", "3", "3", "4"]
    )
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3] != numbers[4]


def test_a_checkpoint_of_other_pairs_or_a_torn_one_is_refused(tmp_path: Path) -> None:
    checkpoint, settings = tmp_path / "run.pt", FitSettings(rate=1e-2, epochs=6, batch=64)

    def stop(epoch: int, _: dict[str, float]) -> None:
        if epoch == 2:
            raise StoppedError

    def run(data: PairFeatures, on_epoch: object = None) -> None:
        adapter = Adapter(AdapterConfig(kind="linear", dim=16))
        fit(
            adapter,
            data,
            numbered(200),
            lambda a: recall(a, data),
            settings,
            checkpoint=checkpoint,
            on_epoch=on_epoch,  # type: ignore[arg-type]
        )

    data = rotated()
    with pytest.raises(StoppedError):
        run(data, stop)
    with pytest.raises(SettingsError, match="other settings or pairs"):
        run(PairFeatures(data.pictures, data.texts))
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(SettingsError, match="cannot be read"):
        run(data)
