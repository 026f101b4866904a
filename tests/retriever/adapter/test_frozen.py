"""Adapters applied without PyTorch: the embeddings and the fingerprint of those that are trained with it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from retriever.adapter import (
    IDENTITY,
    Adapter,
    AdapterConfig,
    FrozenAdapter,
    Provenance,
    load_adapter,
    load_frozen_adapter,
    save_adapter,
)
from retriever.errors import AdapterError

TEXTS = ["Red mug", "a mug of Acme's", "", "nothing known here", "red red mug"]
WORDS = ("acm", "mug", "red")
CONFIGS = [
    AdapterConfig(dim=8),
    AdapterConfig(dim=8, centred=True),
    AdapterConfig(dim=8, kind="linear"),
    AdapterConfig(dim=8, kind="linear", towers="text", centred=True),
    AdapterConfig(dim=8, kind="naive", bottleneck=5),
    AdapterConfig(dim=8, kind="naive", bottleneck=5, towers="picture"),
    AdapterConfig(dim=8, kind="residual", bottleneck=5, alpha=0.7),
    AdapterConfig(dim=8, kind="residual", bottleneck=5, mix="convex", towers="text"),
    AdapterConfig(dim=8, kind="residual", bottleneck=5, alpha=0.7, vocabulary=WORDS),
    AdapterConfig(dim=8, kind="residual", mix="convex", centred=True, vocabulary=WORDS),
]


def features() -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(len(TEXTS), 8)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def moved(config: AdapterConfig) -> Adapter:
    """An adapter with every weight and centre drawn at random."""
    adapter = Adapter(config)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in adapter.state_dict().items():
            if name != "words.table.weight":
                tensor.copy_(torch.randn(tensor.shape, generator=generator))
            else:
                tensor[1:] = torch.randn(len(tensor) - 1, 8, generator=generator)
    return adapter


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.model_dump_json()[:60])
def test_embeddings_and_fingerprint_are_those_of_the_trained_one(
    config: AdapterConfig, tmp_path: Path
) -> None:
    trained = moved(config)
    save_adapter(trained, tmp_path, Provenance("abc"), "# card\n")
    frozen = load_frozen_adapter(tmp_path)
    whole, _ = load_adapter(tmp_path)
    assert frozen.fingerprint == whole.fingerprint == trained.fingerprint
    assert (frozen.spec, frozen.backbone) == (whole.spec, whole.backbone)
    given = features()
    np.testing.assert_allclose(frozen.embed_pictures(given), whole.embed_pictures(given), atol=2e-6)
    found = frozen.embed_texts(given, TEXTS)
    np.testing.assert_allclose(found, whole.embed_texts(given, TEXTS), atol=2e-6)
    assert found.dtype == np.float32


def test_the_identity_is_the_identity() -> None:
    frozen, given = FrozenAdapter.identity(8), features()
    assert frozen.fingerprint == frozen.spec == IDENTITY
    assert frozen.embed_texts(given) is given


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    save_adapter(moved(CONFIGS[8]), tmp_path, Provenance("abc"), "# card\n")
    frozen = load_frozen_adapter(tmp_path)
    with pytest.raises(AdapterError, match="reads words"):
        frozen.embed_texts(features())
    with pytest.raises(AdapterError, match="dimension 8"):
        frozen.embed_pictures(features()[:, :4])


@pytest.mark.parametrize("config", [CONFIGS[2], CONFIGS[6]], ids=["other kind", "other weights"])
def test_weights_of_another_adapter_are_refused(config: AdapterConfig, tmp_path: Path) -> None:
    save_adapter(moved(CONFIGS[6]), tmp_path / "a", Provenance("abc"), "# card\n")
    save_adapter(Adapter(config), tmp_path / "b", Provenance("abc"), "# card\n")
    weights = (tmp_path / "b" / "adapter.safetensors").read_bytes()
    (tmp_path / "a" / "adapter.safetensors").write_bytes(weights)
    with pytest.raises(AdapterError, match="not those that its record names"):
        load_frozen_adapter(tmp_path / "a")
    (tmp_path / "a" / "adapter.safetensors").write_bytes(b"damaged")
    with pytest.raises(AdapterError, match="is damaged"):
        load_frozen_adapter(tmp_path / "a")
    with pytest.raises(AdapterError, match="holds no adapter"):
        load_frozen_adapter(tmp_path / "c")
