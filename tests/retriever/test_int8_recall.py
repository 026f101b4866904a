"""int8 on real photographs: what it may cost at most."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from retriever.catalogue import Catalogue, RoleOverrides
from retriever.encoder import Encoder
from retriever.picture import Picture

FASHION = Path(__file__).resolve().parents[3] / "shared" / "catalogues" / "fashion.parquet"
PRODUCTS = 1_000
POINTS = 0.3


def recall_at_10(titles: np.ndarray, pictures: np.ndarray) -> float:
    """Of titles [n, dim], how many find their own picture [n, dim] among the first ten, in per cent."""
    scores = titles @ pictures.T
    better = (scores > scores.diagonal()[:, None]).sum(axis=1)
    return float(100 * (better < 10).mean())


@pytest.mark.shared
@pytest.mark.skipif(not FASHION.exists(), reason="needs ../shared/catalogues/fashion.parquet")
def test_int8_loses_at_most_a_third_of_a_point(tmp_path: Path) -> None:
    catalogue = Catalogue.open(FASHION, overrides=RoleOverrides(aspect=(3, 4)))
    rows = catalogue.rows_with_products(check_pictures=False)
    products = [row.product for row in islice(rows, PRODUCTS)]
    fp32 = Encoder.load("mini", device="cpu", runtime="torch")
    int8 = Encoder.load("mini", device="cpu", runtime="int8", exports=tmp_path)
    assert int8.runtimes["pictures"] == "openvino int8"
    titles = fp32.encode_texts([product.title for product in products])
    found = []
    for encoder in (fp32, int8):
        pictures = [product.picture for product in products]
        images = (one.open() for one in pictures if isinstance(one, Picture))
        found.append(recall_at_10(titles, encoder.encode_pictures(images)))
    before, after = found
    assert before > 20  # or the test would see no loss
    assert after >= before - POINTS
