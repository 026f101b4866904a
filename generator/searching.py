"""From an understood message to evidence: the searches behind a reply."""

import asyncio
from dataclasses import dataclass
from typing import Protocol, Unpack

from generator.constraints import Constraints, values_of
from generator.conversation import Conversation, Message
from generator.events import EvidenceItem, Relaxation
from generator.understanding import Understanding
from retriever.capabilities import Capabilities
from retriever.embedding import SearchAdapter, SearchEncoder
from retriever.errors import QueryError
from retriever.index.base import IndexVersion
from retriever.index.request import MAX_LIMIT
from retriever.lexical import tokenise
from retriever.query import PictureInput, Query, embed
from retriever.retrieved import RetrievedProduct
from retriever.search import SearchOptions
from retriever.where import Where
from retriever.wording import spaced, spelled

POOL = 50
"""Products looked at to judge whether anything fits; the best of them are shown."""

_WORDS_WEIGHT = 1.5
"""Of "in blue" beside the product that it is said of: what is asked to change must show."""

_ANYTHING = "a product"
"""The query where a shopper gives limits alone."""


class Searcher(Protocol):
    """What a recommender needs of a search; `retriever.search.ProductSearch` is one."""

    @property
    def version(self) -> IndexVersion: ...

    async def asearch(
        self,
        text: str | None = None,
        picture: PictureInput | None = None,
        **options: Unpack[SearchOptions],
    ) -> list[RetrievedProduct]: ...

    @property
    def encoder(self) -> SearchEncoder: ...

    @property
    def adapter(self) -> SearchAdapter: ...

    async def arun(
        self, query: Query, **options: Unpack[SearchOptions]
    ) -> list[RetrievedProduct]: ...

    async def asimilar(
        self, product_id: str, *, where: Where | None = None, limit: int | None = None
    ) -> list[RetrievedProduct]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """Evidence, what the query finds in the catalogue without any filter, and which of the evidence the
    shopper pointed at.
    """

    items: tuple[EvidenceItem, ...]
    pool: tuple[RetrievedProduct, ...] = ()
    pointed_at: frozenset[str] = frozenset()
    query: str = ""
    missing: tuple[str, ...] = ()


async def find(
    searcher: Searcher,
    understanding: Understanding,
    conversation: Conversation,
    message: Message,
    capabilities: Capabilities,
) -> Found:
    """The evidence for a reply. Constraints are pushed down into the index, whole.

    Raises `FilterError` for constraints that the index cannot apply, `PictureError` for a picture that
    cannot be decoded.
    """
    where = understanding.constraints.to_where(capabilities)
    match understanding.intent:
        case "other":
            return Found(())
        case "compare" | "detail":
            return await _pointed_at(searcher, understanding)
        case "more_like" if understanding.references and message.picture is None:
            try:
                similar = await _similar(searcher, understanding, where, message.k)
            except QueryError:
                if understanding.references[0] in await _known(searcher, understanding.references):
                    raise
                return Found((), missing=understanding.references[:1])
            items = _items(similar, understanding)
            return Found(items, query=understanding.text)
    keeps = understanding.follow_up or not understanding.text
    picture = message.picture or (conversation.picture if keeps else None)
    text = understanding.text or ("" if picture else _stand_in(understanding.constraints))
    skip = set(understanding.skip)
    # One search returns no more: whoever asked for "more" through all of them is told that nothing is left.
    limit = min(MAX_LIMIT, max(POOL, message.k) + len(skip))
    retrieved = await searcher.asearch(text or None, picture, where=where, limit=limit)
    retrieved = [found for found in retrieved if found.product.id not in skip]
    # Whether anything fits is judged against the whole catalogue: a filter leaves a pool of its own.
    pool = retrieved
    if where is not None and understanding.text and picture is None:
        pool = await searcher.asearch(text, limit=POOL)
    items = _items(retrieved[: message.k], understanding)
    return Found(items, tuple(pool[:POOL]), query=understanding.text)


async def _similar(
    searcher: Searcher, understanding: Understanding, where: Where | None, limit: int
) -> list[RetrievedProduct]:
    """Products like the one pointed at; words such as "in blue" pull as a picture's text does."""
    product_id = understanding.references[0]
    if not understanding.text:
        return await searcher.asimilar(product_id, where=where, limit=limit)

    def mixed() -> Query:
        stored = searcher.version.vectors([product_id]).get(product_id)
        if stored is None:
            raise QueryError(f"no product {product_id!r} in the index; check the id")
        words = embed(Query(understanding.text), searcher.encoder, searcher.adapter, 0.5)
        return Query(understanding.text, embedding=stored + _WORDS_WEIGHT * words)

    query = await asyncio.to_thread(mixed)
    found = await searcher.arun(query, where=where, limit=limit + 1)
    return [item for item in found if item.product.id != product_id][:limit]


async def relaxations(
    searcher: Searcher, constraints: Constraints, capabilities: Capabilities
) -> tuple[Relaxation, ...]:
    """For each constraint, how many products would remain without it; those that would help."""
    found = []
    for chip in constraints.chips():
        where = constraints.without([chip.key]).to_where(capabilities)
        count = await asyncio.to_thread(searcher.version.count, where)
        if count:
            found.append(Relaxation(chip=chip, count=count))
    return tuple(found)


def _stand_in(constraints: Constraints) -> str:
    words = [value for values in constraints.wanted.values() for value in values[:1]]
    return " ".join(words) or _ANYTHING


async def _known(searcher: Searcher, ids: tuple[str, ...]) -> set[str]:
    return {product.id for product in await asyncio.to_thread(searcher.version.get, list(ids))}


async def _pointed_at(searcher: Searcher, understanding: Understanding) -> Found:
    ids = understanding.references
    products = await asyncio.to_thread(searcher.version.get, list(ids))
    keys = await asyncio.to_thread(searcher.version.keys_of, list(ids))
    items = tuple(
        EvidenceItem(
            number=number,
            product=product,
            score=None,
            rank=number,
            picture_key=keys[product.id].picture if product.id in keys else "",
        )
        for number, product in enumerate(products, 1)
    )
    present = {product.id for product in products}
    missing = tuple(product_id for product_id in ids if product_id not in present)
    return Found(items, pointed_at=frozenset(present), missing=missing)


def _items(
    retrieved: list[RetrievedProduct], understanding: Understanding
) -> tuple[EvidenceItem, ...]:
    return tuple(
        EvidenceItem(
            number=number,
            product=found.product,
            score=found.score,
            rank=found.rank,
            picture_key=found.picture_key,
            matches=_matches(found, understanding),
        )
        for number, found in enumerate(retrieved, 1)
    )


def _matches(found: RetrievedProduct, understanding: Understanding) -> tuple[str, ...]:
    """Why a product was found, as far as its record says: constraints it meets, words it shares."""
    product, constraints = found.product, understanding.constraints
    reasons = []
    if constraints.price and product.price:
        reasons.append(f"price {product.price} ({constraints.price})")
    for name, values in constraints.wanted.items():
        if shared := [value for value in values if value in values_of(product, name)]:
            reasons.append(f"{spaced(name)} {shared[0]}")
    asked = set(tokenise(understanding.text))
    for name, value in product.attributes.items():
        words = spelled(value)
        if name not in constraints.wanted and asked & set(tokenise(words)):
            reasons.append(f"{spaced(name)} {words}")
    if asked & set(tokenise(product.title)):
        reasons.append("words of its title")
    return tuple(reasons)
