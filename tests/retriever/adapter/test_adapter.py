from pathlib import Path

import numpy as np
import pytest
import torch

from retriever.adapter import (
    Adapter,
    AdapterConfig,
    Kind,
    Mix,
    Provenance,
    load_adapter,
    save_adapter,
)
from retriever.errors import AdapterError


def features(seed: int = 0, count: int = 5, dim: int = 8) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("kind", "mix"),
    [("identity", "add"), ("linear", "add"), ("residual", "add"), ("residual", "convex")],
)
def test_all_but_the_naive_kind_begin_as_the_backbone(kind: Kind, mix: Mix) -> None:
    adapter = Adapter(AdapterConfig(kind=kind, dim=8, bottleneck=4, alpha=0.3, mix=mix))
    given = features()
    assert np.allclose(adapter.embed_texts(given), given, atol=1e-6)
    assert np.allclose(adapter.embed_pictures(given), given, atol=1e-6)


def test_a_naive_adapter_forgets_the_space_it_is_put_on() -> None:
    torch.manual_seed(0)
    adapter = Adapter(AdapterConfig(kind="naive", dim=8, bottleneck=4))
    found = adapter.embed_texts(features())
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert (found * features()).sum(axis=1).mean() < 0.7


def test_only_the_chosen_tower_changes() -> None:
    adapter = Adapter(AdapterConfig(kind="residual", dim=8, bottleneck=4, towers="text"))
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.add_(0.5)
    given = features()
    assert np.allclose(adapter.embed_pictures(given), given, atol=1e-6)
    assert not np.allclose(adapter.embed_texts(given), given, atol=1e-2)


def test_centring_closes_the_gap_between_the_means() -> None:
    adapter = Adapter(AdapterConfig(kind="identity", dim=8, centred=True))
    pictures, texts = features(1, 50) + 0.5, features(2, 50) - 0.5
    adapter.centre(pictures, texts)
    gap = adapter.embed_pictures(pictures).mean(axis=0) - adapter.embed_texts(texts).mean(axis=0)
    assert np.linalg.norm(gap) < 0.2 < np.linalg.norm(pictures.mean(axis=0) - texts.mean(axis=0))


def test_a_saved_adapter_comes_back_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    adapter = Adapter(AdapterConfig(kind="naive", dim=8, bottleneck=4))
    save_adapter(adapter, tmp_path, Provenance("abc", metrics={"recall@10": 0.5}), "# card\n")
    loaded, provenance = load_adapter(tmp_path)
    assert loaded.fingerprint == adapter.fingerprint
    assert provenance.backbone == "abc"
    assert provenance.metrics == {"recall@10": 0.5}
    assert np.array_equal(loaded.embed_texts(features()), adapter.embed_texts(features()))


def test_what_is_no_adapter_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="holds no adapter"):
        load_adapter(tmp_path)
    config = AdapterConfig(kind="naive", dim=8, bottleneck=4)
    save_adapter(Adapter(config), tmp_path / "a", Provenance("abc"), "")
    save_adapter(Adapter(config), tmp_path / "b", Provenance("abc"), "")
    weights = (tmp_path / "b" / "adapter.safetensors").read_bytes()
    (tmp_path / "a" / "adapter.safetensors").write_bytes(weights)
    with pytest.raises(AdapterError, match="not those"):
        load_adapter(tmp_path / "a")
    (tmp_path / "a" / "adapter.safetensors").write_bytes(weights[:40])
    with pytest.raises(AdapterError, match="damaged"):
        load_adapter(tmp_path / "a")


def test_features_of_another_backbone_are_refused() -> None:
    with pytest.raises(AdapterError, match="dimension"):
        Adapter.identity(8).embed_texts(features(dim=9))
