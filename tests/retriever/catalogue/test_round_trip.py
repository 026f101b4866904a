"""Random products, written in each format, come back the same."""

import csv
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.catalogue import Catalogue
from retriever.catalogue.values import is_missing
from retriever.product import Price, Product

letters = st.characters(exclude_categories=("Cs", "Cc"))
words = (
    st.text(letters, min_size=1, max_size=20)
    .map(str.strip)
    .filter(lambda text: not is_missing(text))
)


@st.composite
def products(draw: st.DrawFn) -> list[Product]:
    ids = draw(st.lists(words, min_size=1, max_size=5, unique=True))
    return [
        Product(
            id=product_id,
            title=draw(words | st.just("")),
            brand=draw(st.none() | words),
            category=draw(st.none() | words),
            price=draw(
                st.none()
                | st.builds(
                    Price,
                    amount=st.integers(0, 10**7).map(lambda cents: cents / 100),
                    currency=st.sampled_from(["EUR", "USD", "JPY"]),
                )
            ),
            attributes={
                # each with a letter first: otherwise words of digits alone make a number field
                "material": "m" + draw(words),
                "weight": draw(st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda n: n + 0.0)),
                "vegan": draw(st.booleans()),
            },
        )
        for product_id in ids
    ]


def as_row(product: Product) -> dict[str, object]:
    return {
        "id": product.id,
        "title": product.title,
        "brand": product.brand,
        "category": product.category,
        "price": product.price and product.price.amount,
        "currency": product.price and product.price.currency,
        "image": "a.png",
        **product.attributes,
    }


def write(rows: list[dict[str, object]], file: Path) -> None:
    if file.suffix == ".csv":
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]), quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
    elif file.suffix == ".jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file.write_text(text, encoding="utf-8", newline="")
    else:
        pq.write_table(pa.Table.from_pylist(rows), file)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@settings(max_examples=40, deadline=None)
@given(products=products())
def test_products_come_back_the_same(suffix: str, products: list[Product]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"shop{suffix}"
        write([as_row(product) for product in products], file)
        catalogue = Catalogue.open(file)
        back = list(catalogue.products(check_pictures=False))
    assert catalogue.report.set_aside == []
    assert catalogue.report.warnings == []
    assert [product.model_dump() for product in back] == [
        product.model_dump() for product in products
    ]
