"""A small shop in a real index with a real, tiny encoder, and ways to talk to it."""

import io
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.conversation import Conversation, Message
from generator.events import Done, Event, EvidenceItem, Products, Text, Understood, Withheld
from generator.llm.settings import LlmSettings
from generator.recommender import Recommender
from retriever.capabilities import Capabilities
from retriever.encoder import Encoder
from retriever.fingerprint import fingerprint
from retriever.index import EdgeIndex, IndexRecord, IndexSpec, IndexVersion, RecordKeys
from retriever.lexical import terms_of_product
from retriever.picture import Picture
from retriever.product import Price, Product
from retriever.search import ProductSearch

ROWS = [
    ("s1", "Ruby court shoe", "Strida", "Casual Shoes", 39.99, "Red", "Leather", "Women", True),
    ("s2", "Harbour sneaker", "Pacer", "Sports Shoes", 49.5, "Navy Blue", "Canvas", "Men", True),
    ("s3", "Dune loafer", "Calza", "Casual Shoes", 89.0, "Beige", "Suede", "Men", False),
    ("s4", "Night boot", "Strida", "Boots", 120.0, "Black", "Leather", "Women", False),
    ("b1", "Market tote", "Vela", "Handbags", 25.0, "Black", "Canvas", "Women", True),
    ("b2", "Weekend satchel", "Vela", "Handbags", 75.0, "Brown", "Leather", "Women", False),
    ("b3", "City daypack", "Carryon", "Backpacks", 60.0, "Grey", "Nylon", "Men", True),
    ("m1", "Morning mug", "Hearthline", "Mugs", 9.5, "White", "Ceramic", "", True),
    ("m2", "Harvest mug", "Koppar", "Mugs", 12.0, "Red", "Ceramic", "", False),
    ("m3", "Camp mug", "Koppar", "Mugs", 14.0, "Navy Blue", "Steel", "", True),
    ("t1", "Foxy", "Tumblo", "Toys", 18.0, "Orange", "Polyester", "", True),
    ("t2", "Bruno bear", "Tumblo", "Toys", 22.0, "Brown", "Cotton", "", False),
]


def product_of(row: tuple[object, ...], **changes: object) -> Product:
    key, title, brand, category, price, colour, material, gender, on_sale = row
    attributes = {"base_colour": colour, "material": material, "on_sale": on_sale}
    return Product.model_validate(
        {
            "id": key,
            "title": title,
            "brand": brand,
            "category": category,
            "price": Price(amount=float(str(price)), currency="USD"),
            "attributes": attributes | ({"gender": gender} if gender else {}),
        }
        | changes
    )


def picture_of(number: int) -> bytes:
    noise = np.random.default_rng(number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((32, 32), Image.Resampling.NEAREST).save(buffer, format="PNG")
    return buffer.getvalue()


MakeVersion = Callable[[list[Product]], IndexVersion]


@pytest.fixture(scope="session")
def make_version(
    tiny_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeVersion]:
    """An index of these products, each with a picture of its own."""
    opened: list[IndexVersion] = []

    def make(products: list[Product]) -> IndexVersion:
        fields = {
            "brand": "keyword",
            "category": "keyword",
            "price": "number",
            "currency": "keyword",
        }
        fields |= {
            "base_colour": "keyword",
            "material": "keyword",
            "gender": "keyword",
            "on_sale": "bool",
        }
        spec = IndexSpec(
            fingerprint=fingerprint(tiny_encoder.fingerprint),
            encoder="tiny",
            dim=tiny_encoder.dim,
            fields=fields,  # type: ignore[arg-type]
        )
        pictures = [Image.open(io.BytesIO(picture_of(n))) for n in range(len(products))]
        embeddings = tiny_encoder.encode_pictures(pictures)
        version = EdgeIndex(Path(tmp_path_factory.mktemp("shop"))).create(spec)
        version.upsert(
            [
                IndexRecord(
                    product,
                    embedding,
                    terms_of_product(product),
                    RecordKeys(Picture(picture_of(number)).key, ""),
                )
                for number, (product, embedding) in enumerate(
                    zip(products, embeddings, strict=True)
                )
            ]
        )
        version.finish()
        opened.append(version)
        return version

    yield make
    for version in opened:
        version.close()


@pytest.fixture(scope="session")
def version(make_version: MakeVersion) -> IndexVersion:
    return make_version([product_of(row) for row in ROWS])


@pytest.fixture(scope="session")
def capabilities(version: IndexVersion) -> Capabilities:
    return Capabilities.read(version)


@pytest.fixture(scope="session")
def search(version: IndexVersion, tiny_encoder: Encoder) -> ProductSearch:
    return ProductSearch(version=version, encoder=tiny_encoder)


class Reply:
    """The events of one reply, sorted."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.understood = next(e for e in events if isinstance(e, Understood))
        self.products = next(e for e in events if isinstance(e, Products))
        self.done = next(e for e in events if isinstance(e, Done))
        self.withheld = [e for e in events if isinstance(e, Withheld)]
        texts = [e for e in events if isinstance(e, Text)]
        self.texts = [e for e in texts if not e.notice]
        self.notices = [e.text for e in texts if e.notice]
        self.text = " ".join(e.text for e in self.texts)
        self.ids = [item.product.id for item in self.products.items]


Talk = Callable[..., Awaitable[Reply]]


@pytest.fixture
def talk(search: ProductSearch, capabilities: Capabilities) -> Talk:
    """Send a text (or a `Message`) and collect the reply."""

    async def send(
        message: str | Message,
        conversation: Conversation | None = None,
        llm: LlmSettings | None = None,
        recommender: Recommender | None = None,
    ) -> Reply:
        sent = Message(text=message) if isinstance(message, str) else message
        chosen = recommender or Recommender(search, capabilities, llm=llm)
        talked = Conversation() if conversation is None else conversation
        return Reply([event async for event in chosen.reply(talked, sent)])

    return send


@pytest.fixture(scope="session")
def evidence() -> tuple[EvidenceItem, ...]:
    """Foxy [1], Bruno bear [2], Harvest mug [3], Weekend satchel [4]."""
    rows = {str(row[0]): row for row in ROWS}
    chosen = ["t1", "t2", "m2", "b2"]
    return tuple(
        EvidenceItem(number=n, product=product_of(rows[key]), score=1 / n, rank=n)
        for n, key in enumerate(chosen, 1)
    )
