from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from retriever.adapter import Adapter, AdapterConfig, Provenance, load_adapter, save_adapter
from retriever.adapter.words import vocabulary
from retriever.errors import AdapterError

TITLES = ["Zorp red shoes", "Zorp blue shoe", "Quill red socks", "Quill blue sock", "a lone wug"]


def features(count: int, dim: int = 8) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def adapter(rows: int = 2) -> Adapter:
    made = Adapter(
        AdapterConfig(kind="residual", dim=8, alpha=0.5, vocabulary=vocabulary(TITLES, least=rows))
    )
    assert made.words is not None
    with torch.no_grad():
        made.words.table.weight[1:] = torch.eye(len(made.config.vocabulary), 8)
    return made


def test_the_vocabulary_is_what_several_texts_share() -> None:
    assert vocabulary(TITLES, least=2) == ("blue", "quill", "red", "shoe", "sock", "zorp")
    assert "wug" in vocabulary(TITLES, least=1)


def test_known_words_move_a_text_and_unknown_ones_leave_it() -> None:
    given = features(2)
    found = adapter().embed_texts(given, ["wug wug", "Zorp RED"])
    assert np.allclose(found[0], given[0], atol=1e-6)
    moved = given[1] + 0.5 * (np.eye(8)[2] + np.eye(8)[5]) / np.sqrt(2)
    assert np.allclose(found[1], moved / np.linalg.norm(moved), atol=1e-6)


def test_pictures_do_not_read_words() -> None:
    assert np.allclose(adapter().embed_pictures(features(3)), features(3), atol=1e-6)


def test_texts_must_come_with_their_features() -> None:
    with pytest.raises(AdapterError, match="reads words"):
        adapter().embed_texts(features(2))
    with pytest.raises(AdapterError, match="reads words"):
        adapter().embed_texts(features(2), ["one text"])


def test_a_vocabulary_needs_a_residual_on_texts() -> None:
    for config in ({"kind": "linear"}, {"kind": "residual", "towers": "picture"}):
        with pytest.raises(ValidationError, match="vocabulary"):
            AdapterConfig.model_validate({"dim": 8, "vocabulary": ["red"], **config})


def test_it_is_saved_with_its_vocabulary(tmp_path: Path) -> None:
    made = adapter()
    save_adapter(made, tmp_path, Provenance("abc"), "# card\n")
    loaded, _ = load_adapter(tmp_path)
    texts = ["zorp socks", ""]
    assert loaded.fingerprint == made.fingerprint
    assert np.array_equal(
        loaded.embed_texts(features(2), texts), made.embed_texts(features(2), texts)
    )
    assert adapter(rows=1).fingerprint != made.fingerprint
