"""Adapters by name and by path, and the check that they belong to an encoder."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from retriever.adapter import (
    Adapter,
    AdapterConfig,
    Provenance,
    check_backbone,
    find_adapters,
    locate_adapter,
    open_adapter,
    save_adapter,
)
from retriever.adapter import locate as locate_module
from retriever.encoder import Encoder
from retriever.errors import AdapterError


def saved(folder: Path, encoder: Encoder, *, backbone: str | None = None) -> Adapter:
    adapter = Adapter(AdapterConfig(kind="naive", dim=encoder.dim, bottleneck=4))
    save_adapter(adapter, folder, Provenance(backbone or encoder.fingerprint), "# card\n")
    return adapter


def test_a_name_is_looked_up_in_the_folder(tmp_path: Path, tiny_encoder: Encoder) -> None:
    adapter = saved(tmp_path / "shoes", tiny_encoder)
    opened = open_adapter("shoes", tiny_encoder, tmp_path)
    assert (opened.spec, opened.backbone) == ("shoes", tiny_encoder.fingerprint)
    assert opened.fingerprint == adapter.fingerprint


@pytest.mark.parametrize("place", ["beside the package", "inside the package"])
def test_bundled_adapters_are_found_in_the_repository_and_in_a_wheel(
    tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    package = tmp_path / "site" / "retriever"
    models = (package if place == "inside the package" else package.parent) / "models"
    monkeypatch.setattr(locate_module, "__file__", str(package / "adapter" / "locate.py"))
    saved(models / "shoes", tiny_encoder)
    own = tmp_path / "own"
    bundled = locate_adapter("shoes", own)
    assert bundled == models / "shoes"
    saved(own / "shoes", tiny_encoder)
    assert locate_adapter("shoes", own) == own / "shoes"


def test_a_path_is_named_from_any_folder(
    tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path / "somewhere" / "shoes", tiny_encoder)
    monkeypatch.chdir(tmp_path)
    opened = open_adapter("somewhere/shoes", tiny_encoder, tmp_path / "adapters")
    assert opened.spec == str(tmp_path / "somewhere" / "shoes")
    assert opened.spec == open_adapter(opened.spec, tiny_encoder).spec


def test_zero_shot_needs_no_files(tiny_encoder: Encoder) -> None:
    opened = open_adapter("identity", tiny_encoder)
    assert opened.is_identity
    assert opened.spec == "identity"


def test_an_unknown_name_lists_those_there_are(tmp_path: Path, tiny_encoder: Encoder) -> None:
    saved(tmp_path / "shoes", tiny_encoder)
    (tmp_path / "half-made").mkdir()
    assert "half-made" not in find_adapters(tmp_path)
    with pytest.raises(AdapterError, match=r"'hats': there is none of that name.*identity.*shoes"):
        open_adapter("hats", tiny_encoder, tmp_path)
    with pytest.raises(AdapterError, match=r"half-made holds no adapter\.json"):
        locate_adapter(str(tmp_path / "half-made"))
    with pytest.raises(AdapterError, match="never saved"):
        locate_adapter("")


def test_an_adapter_of_another_backbone_is_refused(
    tmp_path: Path, tiny_encoder: Encoder, make_backbone: Callable[..., Path]
) -> None:
    saved(tmp_path / "shoes", tiny_encoder)
    other = Encoder.load(str(make_backbone(seed=1)), device="cpu")
    with pytest.raises(AdapterError, match="shoes was trained on the backbone"):
        open_adapter("shoes", other, tmp_path)
    shutil.rmtree(tmp_path / "shoes")
    with pytest.raises(AdapterError, match=r"vectors of \[8\]"):
        check_backbone(Adapter.identity(8), tiny_encoder)
