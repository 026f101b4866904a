"""The adapter that comes with shoplens does what its card says."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from retriever.adapter import Adapter, load_adapter, open_adapter
from retriever.encoder import Encoder
from training.cards import known_item_figures
from training.domains import Caches, catalogue_domain

FOLDER = Path(__file__).resolve().parents[2] / "models" / "fashion"
FASHION = Path(__file__).resolve().parents[3] / "shared" / "catalogues" / "fashion.parquet"


def test_it_belongs_to_the_bundled_backbone() -> None:
    adapter = open_adapter("fashion", Encoder.load("mini"))
    assert adapter.spec == "fashion"
    assert adapter.config.vocabulary
    card = (FOLDER / "README.md").read_text("utf-8")
    recall = load_adapter(FOLDER)[1].metrics["adapted"]["recall@10"]
    assert f"| {recall:.3f} |" in card
    assert "ikea" not in json.dumps(load_adapter(FOLDER)[1].recipe)


@pytest.mark.shared
@pytest.mark.skipif(not FASHION.exists(), reason="needs the real catalogues")
def test_it_finds_what_its_record_says(tmp_path: Path) -> None:
    encoder = Encoder.load("mini")
    caches = Caches.of(tmp_path, encoder)
    held_out = tmp_path / "held-out.parquet"
    pq.write_table(pq.read_table(FASHION, filters=[("split", "==", "test")]), held_out)
    domain = catalogue_domain(held_out, encoder, caches, aspect=(3, 4))
    adapters = {"zero_shot": Adapter.identity(encoder.dim), "adapted": load_adapter(FOLDER)[0]}
    figures, comparisons = known_item_figures(domain.pairs, encoder, caches, adapters)
    told = load_adapter(FOLDER)[1].metrics
    assert figures["adapted"]["recall@10"] == pytest.approx(told["adapted"]["recall@10"], abs=0.01)
    assert comparisons["adapted"].difference.low > 0.1
