from pathlib import Path

import pytest

from retriever.encoder import Encoder
from retriever.features import FeatureCache
from training.zero_shot import fashion_figures

FASHION = Path(__file__).resolve().parents[3] / "shared/catalogues/fashion.parquet"


@pytest.mark.shared
@pytest.mark.skipif(not FASHION.exists(), reason="needs ../shared")
def test_the_published_figures_of_the_bundled_backbone(tmp_path: Path) -> None:
    encoder = Encoder.load("mini", device="cpu")
    cache = FeatureCache(tmp_path, encoder.fingerprint, encoder.dim)
    found = fashion_figures(encoder, cache, FASHION, "test")
    assert found["attribute queries"] == 38
    published = {"attribute P@10": 0.661, "known-item Recall@10": 0.577, "known-item MRR": 0.309}
    assert {name: found[name] for name in published} == pytest.approx(published, abs=0.001)
