"""``shoplens adapter`` and ``--adapter``, over an index of five products."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from retriever.adapter import Adapter, AdapterConfig, Provenance, save_adapter
from retriever.encoder import Encoder

Run = Callable[..., Result]


@pytest.fixture
def shoes(tmp_path: Path, tiny_encoder: Encoder) -> Path:
    """An adapter of that name in the data folder."""
    adapter = Adapter(AdapterConfig(kind="naive", dim=tiny_encoder.dim, bottleneck=4))
    provenance = Provenance(tiny_encoder.fingerprint, tiny_encoder.spec)
    folder = tmp_path / ".shoplens" / "adapters" / "shoes"
    save_adapter(adapter, folder, provenance, "# card\n")
    return folder


def products(result: Result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return [product["id"] for product in json.loads(result.stdout)["products"]]


@pytest.mark.usefixtures("shoes")
def test_use_swaps_and_search_and_index_follow(run: Run, shop: Path) -> None:
    assert run("index", shop).exit_code == 0
    used = run("adapter", "use", "shoes")
    assert used.exit_code == 0, used.stderr
    assert "version v0002 with adapter shoes is served, 5 products" in used.stderr
    assert "stays uncalibrated" in used.stderr  # five products say too little
    assert "Next: shoplens search" in used.stderr
    assert products(run("search", "--image", shop.parent / "p5.png", "--json"))[0] == "p5"
    listed = json.loads(run("adapter", "list", "--json").stdout)
    assert listed["in_use"] == "shoes"
    again = json.loads(run("index", shop, "--json").stdout)
    assert (again["version"], again["unchanged"]) == ("v0002", 5)
    report = json.loads(run("adapter", "use", "identity", "--json").stdout)
    assert (report["version"], report["written"]) == ("v0001", 0)
    assert "already" in run("adapter", "use", "identity").stderr


def test_index_and_search_take_an_adapter_by_path(run: Run, shop: Path, shoes: Path) -> None:
    moved = shoes.rename(shoes.parents[2] / "mine")
    assert run("index", shop, "--adapter", moved).exit_code == 0
    assert products(run("search", "--image", shop.parent / "p5.png", "--json"))[0] == "p5"
    refused = run("search", "mug", "--adapter", "identity")
    assert refused.exit_code == 2
    assert "their vectors do not compare" in refused.stderr


def test_list_and_show_tell_what_there_is(run: Run, shoes: Path) -> None:
    listed = run("adapter", "list")
    assert listed.exit_code == 0
    for word in ("identity", "shoes", "naive"):
        assert word in listed.stdout
    shown = json.loads(run("adapter", "show", "shoes").stdout)
    assert Path(shown["folder"]).resolve() == shoes.resolve()
    assert shown["config"]["kind"] == "naive"


@pytest.mark.usefixtures("shoes")
def test_what_cannot_be_used_is_one_message(
    run: Run, shop: Path, make_backbone: Callable[..., Path]
) -> None:
    assert "index a catalogue first" in run("adapter", "use", "shoes").stderr
    assert "identity" in run("index", shop, "--adapter", "hats").stderr
    other = run("index", shop, "--adapter", "shoes", "--encoder", make_backbone(seed=3))
    assert other.exit_code == 2
    assert "was trained on the backbone" in other.stderr
