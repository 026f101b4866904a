"""Engines and products that the index tests share."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from qdrant_client import QdrantClient

from retriever.index import (
    IndexRecord,
    IndexSpec,
    IndexVersion,
    ProductIndex,
    RecordKeys,
    open_index,
)
from retriever.index.qdrant import QdrantIndex
from retriever.lexical import terms_of_product
from retriever.product import Price, Product

DIM = 16

IN_MEMORY = [
    # qdrant-client's in-memory mode says that it ignores what a server would use; that is expected.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]
SERVER = [
    pytest.mark.server,
    pytest.mark.skipif("QDRANT_URL" not in os.environ, reason="QDRANT_URL is not set"),
]
ENGINES = [
    "edge",
    "faiss",
    "milvus",
    pytest.param("memory", marks=IN_MEMORY),
    pytest.param("server", marks=SERVER),
]

MakeRecord = Callable[..., IndexRecord]


@pytest.fixture(scope="session")
def spec() -> IndexSpec:
    return IndexSpec(
        fingerprint="0123abcd",
        encoder="test:encoder",
        dim=DIM,
        fields={
            "base_colour": "keyword",
            "brand": "keyword",
            "price": "number",
            "height": "number",
            "on_sale": "bool",
        },
        text_template="{title}",
    )


@pytest.fixture
def make_record() -> MakeRecord:
    """Product ``p<number>``, the same at every call; keyword arguments replace fields of it."""
    return _make_record


@pytest.fixture(scope="session")
def records() -> list[IndexRecord]:
    return [_make_record(number) for number in range(60)]


@pytest.fixture(params=ENGINES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProductIndex]:
    """An empty index of each engine."""
    with _index(request.param, tmp_path) as empty:
        yield empty


@pytest.fixture
def version(
    index: ProductIndex, spec: IndexSpec, records: list[IndexRecord]
) -> Iterator[IndexVersion]:
    """A version with `records` in it, for one test to change."""
    with index.create(spec) as created:
        created.upsert(records)
        yield created


@pytest.fixture(params=ENGINES, scope="module")
def loaded(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    spec: IndexSpec,
    records: list[IndexRecord],
) -> Iterator[IndexVersion]:
    """A version with `records` in it, shared by the tests that only read."""
    with _index(request.param, tmp_path_factory.mktemp("loaded")) as index:
        # Not around the yield: it would end among the tests of another engine, and undo their filters.
        with warnings.catch_warnings():
            if request.param == "memory":
                warnings.filterwarnings(
                    "ignore", "Payload indexes have no effect in the local Qdrant"
                )
            created = index.create(spec)
        with created:
            created.upsert(records)
            yield created


@contextmanager
def _index(engine: str, folder: Path) -> Iterator[ProductIndex]:
    if engine in ("edge", "faiss", "milvus"):
        with open_index(path=folder / "index", engine=engine) as embedded:  # type: ignore[arg-type]
            yield embedded
    elif engine == "memory":
        with QdrantIndex(QdrantClient(":memory:")) as memory:
            yield memory
    else:
        url, api_key = os.environ["QDRANT_URL"], os.environ.get("QDRANT_API_KEY")
        name = f"test-{uuid4().hex}"
        with open_index(name, url=url, api_key=api_key) as server:
            yield server
            client = QdrantClient(url=url, api_key=api_key)
            for info in server.versions():
                client.delete_collection(f"{name}__{info.version}")
            client.close()


def _make_record(number: int, **changes: object) -> IndexRecord:
    vector = np.random.default_rng(number).normal(size=DIM).astype(np.float32)
    colour = ("Red", "navy Blue", "green")[number % 3]
    product = Product(
        id=f"p{number}",
        title=f"{colour} thing number{number}",
        description="unicorn" if number == 7 else "an ordinary thing",
        brand=("Acme", "Zenith")[number % 2],
        category="things",
        price=Price(amount=float(number), currency="EUR"),
        attributes={
            "base_colour": [colour, "white"] if number % 5 == 0 else colour,
            "on_sale": number % 4 == 0,
            **({"height": number / 10} if number % 2 else {}),
        },
    ).model_copy(update=changes)
    return IndexRecord(
        product=product,
        embedding=vector / np.linalg.norm(vector),
        terms=terms_of_product(product),
        keys=RecordKeys(picture=f"picture{number}", record=product.title),
    )
