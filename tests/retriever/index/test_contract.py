"""What every index engine does, checked on each of them."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from retriever.errors import (
    FilterError,
    IndexMissingError,
    ProductIndexError,
    QueryError,
)
from retriever.index import (
    Hit,
    IndexRecord,
    IndexSpec,
    IndexVersion,
    Mmr,
    ProductIndex,
    SearchRequest,
)
from retriever.lexical import query_terms
from retriever.where import And, Eq, In, Not, Or, Range, Where

MakeRecord = Callable[..., IndexRecord]


def ids(hits: list[Hit]) -> list[str]:
    return [hit.product.id for hit in hits]


def unit(seed: int, dim: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return vector / np.linalg.norm(vector)


def test_keys_of_some_products(loaded: IndexVersion) -> None:
    assert loaded.keys_of(["p3", "nowhere"]) == {"p3": loaded.keys()["p3"]}


def test_nothing_is_there_before_the_first_create(index: ProductIndex) -> None:
    assert index.versions() == []
    assert index.active() is None
    with pytest.raises(IndexMissingError, match="nothing is being served"):
        index.open()
    with pytest.raises(IndexMissingError, match="no version 'v0001'"):
        index.open("v0001")


@pytest.mark.parametrize("version", ["../v0001", "latest", "v0009"])
def test_versions_that_do_not_exist_are_refused(index: ProductIndex, version: str) -> None:
    for act in (index.open, index.activate, index.drop):
        with pytest.raises(IndexMissingError, match="stored versions: none"):
            act(version)


def test_the_spec_is_stored_with_the_version(index: ProductIndex, spec: IndexSpec) -> None:
    index.create(spec).close()
    info = index.versions()[0]
    assert (info.version, info.complete, info.count) == ("v0001", False, 0)
    assert info.spec == spec
    with index.open("v0001") as opened:
        assert opened.info.spec.fingerprint == "0123abcd"


def test_an_incomplete_version_opens_for_resuming_but_is_not_served(
    index: ProductIndex, spec: IndexSpec, records: list[IndexRecord]
) -> None:
    with index.create(spec) as created:
        created.upsert(records[:10])
    with pytest.raises(ProductIndexError, match="incomplete"):
        index.activate("v0001")
    with index.open("v0001") as resumed:
        assert resumed.info.count == 10
        resumed.upsert(records)
        resumed.finish()
        assert resumed.info.complete
    index.activate("v0001")
    assert index.active() == "v0001"
    assert (index.versions()[0].complete, index.versions()[0].count) == (True, 60)


def test_the_alias_moves_while_readers_search(
    index: ProductIndex, spec: IndexSpec, records: list[IndexRecord]
) -> None:
    first = index.create(spec)
    first.upsert(records[:20])
    first.finish()
    index.activate("v0001")
    found: list[int] = []
    stop = threading.Event()

    def read() -> None:
        request = SearchRequest(limit=100, embedding=records[0].embedding)
        while not stop.is_set():
            found.append(len(first.search(request)))
            time.sleep(0.001)

    reader = threading.Thread(target=read)
    reader.start()
    with index.create(spec) as second:
        second.upsert(records)
        second.finish()
    index.activate("v0002")
    stop.set()
    reader.join()
    first.close()
    assert set(found) == {20}
    with index.open() as served:
        assert served.info.version == "v0002"
    with pytest.raises(ProductIndexError, match="being served"):
        index.drop("v0002")
    index.drop("v0001")
    assert [info.version for info in index.versions()] == ["v0002"]


def test_upsert_is_idempotent_and_replaces(version: IndexVersion, make_record: MakeRecord) -> None:
    version.upsert([make_record(3), make_record(3, title="old"), make_record(3, title="new")])
    assert version.count() == 60
    assert [product.title for product in version.get(["p3"])] == ["new"]
    assert version.keys()["p3"].record == "new"


def test_the_product_comes_back_whole(loaded: IndexVersion, records: list[IndexRecord]) -> None:
    assert loaded.get(["p5", "nothing", "p1"]) == [records[5].product, records[1].product]
    assert loaded.keys() == {record.product.id: record.keys for record in records}
    vectors = loaded.vectors(["p2", "nothing"])
    np.testing.assert_allclose(vectors.pop("p2"), records[2].embedding, atol=1e-6)
    assert vectors == {}


@pytest.mark.parametrize("batch_size", [7, 60, 1000])
def test_records_come_back_whole_in_batches(
    loaded: IndexVersion, records: list[IndexRecord], batch_size: int
) -> None:
    batches = list(loaded.records(batch_size))
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}
    found = {record.product.id: record for batch in batches for record in batch}
    assert sum(map(len, batches)) == len(found) == 60
    for record in records:
        stored = found[record.product.id]
        assert (stored.product, stored.keys) == (record.product, record.keys)
        terms = dict(zip(stored.terms.indices, stored.terms.values, strict=True))
        expected = dict(zip(record.terms.indices, record.terms.values, strict=True))
        assert terms == pytest.approx(expected)


def test_an_empty_version_has_no_records(index: ProductIndex, spec: IndexSpec) -> None:
    with index.create(spec) as created:
        assert [record for batch in created.records() for record in batch] == []


def test_delete_counts_what_was_there(version: IndexVersion) -> None:
    assert version.delete(["p1", "p2", "nothing", "p1"]) == 2
    assert version.delete(["p1"]) == 0
    assert version.count() == 58
    assert version.keys().get("p1") is None


WHERES: list[tuple[Where, Callable[[int], bool]]] = [
    (Eq("base_colour", " RED "), lambda n: n % 3 == 0),
    (Eq("color", "White"), lambda n: n % 5 == 0),
    (In("colour", ("red", "Navy blue")), lambda n: n % 3 != 2),
    (Eq("price", 7), lambda n: n == 7),
    (In("price", (7, "8.0", 99)), lambda n: n in (7, 8)),
    (Range("price", gte=10, lt=20), lambda n: 10 <= n < 20),
    (Range("price", gt=10, lte=20), lambda n: 10 < n <= 20),
    (Range("height", gte=0), lambda n: n % 2 == 1),
    (Eq("on_sale", True), lambda n: n % 4 == 0),
    (In("on_sale", ("false",)), lambda n: n % 4 != 0),
    (Not(Eq("brand", "acme")), lambda n: n % 2 == 1),
    (Not(Range("height", gt=3)), lambda n: not (n % 2 == 1 and n > 30)),
    (And((Eq("brand", "acme"), Range("price", lt=9))), lambda n: n % 2 == 0 and n < 9),
    (Or((Eq("price", 1), Eq("base_colour", "green"))), lambda n: n == 1 or n % 3 == 2),
    (
        Not(Or((Eq("brand", "acme"), And((Eq("colour", "red"), Not(Range("price", lt=30))))))),
        lambda n: not (n % 2 == 0 or (n % 3 == 0 and n >= 30)),
    ),
]


@pytest.mark.parametrize(("where", "expected"), WHERES)
def test_filters(
    loaded: IndexVersion, where: Where, expected: Callable[[int], bool], spec: IndexSpec
) -> None:
    wanted = {f"p{n}" for n in range(60) if expected(n)}
    assert loaded.count(where) == len(wanted)
    request = SearchRequest(limit=100, embedding=unit(1, spec.dim), where=where)
    assert set(ids(loaded.search(request))) == wanted
    lexical = SearchRequest(limit=100, terms=query_terms("things"), where=where)
    assert set(ids(loaded.search(lexical))) == wanted
    hybrid = replace(request, terms=query_terms("number7 unicorn"))
    assert set(ids(loaded.search(hybrid))) == wanted


def test_a_filter_of_many_parts(loaded: IndexVersion) -> None:
    parts = (*(Eq("brand", f"brand {number}") for number in range(1500)), Eq("brand", "acme"))
    assert loaded.count(Or(parts)) == 30
    assert loaded.count(Not(Or(parts))) == 30
    assert loaded.count(And((*map(Not, parts[:-1]), parts[-1]))) == 30


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (Eq("size", "m"), "unknown field 'size'.*base_colour"),
        (Range("brand", gt=1), "keyword field, which has no <"),
        (Eq("price", "cheap"), "needs a finite number"),
        (And(()), "without a condition"),
    ],
)
def test_filters_that_cannot_be_pushed_down_are_refused(
    loaded: IndexVersion, where: Where, message: str, spec: IndexSpec
) -> None:
    with pytest.raises(FilterError, match=message):
        loaded.search(SearchRequest(limit=5, embedding=unit(1, spec.dim), where=where))
    with pytest.raises(FilterError, match=message):
        loaded.count(where)


@pytest.mark.parametrize("where", [None, Eq("brand", "acme")])
@pytest.mark.parametrize("exact", [False, True])
def test_dense_ranking_is_that_of_brute_force(
    loaded: IndexVersion, records: list[IndexRecord], where: Where | None, exact: bool
) -> None:
    kept = [record for record in records if where is None or record.product.brand == "Acme"]
    for seed in range(5):
        query = unit(seed + 100, len(records[0].embedding))
        scores = {record.product.id: float(record.embedding @ query) for record in kept}
        best = sorted(scores, key=scores.__getitem__, reverse=True)[:10]
        hits = loaded.search(SearchRequest(limit=10, embedding=query, where=where, exact=exact))
        assert ids(hits) == best
        np.testing.assert_allclose(
            [hit.score for hit in hits], [scores[i] for i in best], atol=1e-5
        )


def test_lexical_search_finds_rare_words_and_only_matches(loaded: IndexVersion) -> None:
    hits = loaded.search(SearchRequest(limit=10, terms=query_terms("Unicorns!")))
    assert ids(hits) == ["p7"]
    both = loaded.search(SearchRequest(limit=60, terms=query_terms("the ordinary unicorn")))
    assert ids(both)[0] == "p7"
    assert len(both) == 60
    assert loaded.search(SearchRequest(limit=10, terms=query_terms("zeppelin"))) == []


def test_lexical_scores_are_bm25(loaded: IndexVersion, records: list[IndexRecord]) -> None:
    [hit] = loaded.search(SearchRequest(limit=10, terms=query_terms("unicorn")))
    index = query_terms("unicorn").indices[0]
    terms = records[7].terms
    weight = float(terms.values[terms.indices == index][0])
    idf = np.log(1 + (60 - 1 + 0.5) / (1 + 0.5))
    assert hit.score == pytest.approx(weight * idf, rel=1e-4)


def test_hybrid_fuses_both_rankings(loaded: IndexVersion, records: list[IndexRecord]) -> None:
    query = records[3].embedding
    hits = loaded.search(SearchRequest(limit=5, embedding=query, terms=query_terms("unicorn")))
    dense = ids(loaded.search(SearchRequest(limit=60, embedding=query)))
    expected = {key: 1 / (60 + rank) for rank, key in enumerate(dense)}
    expected["p7"] += 1 / 60
    assert ids(hits) == sorted(expected, key=expected.__getitem__, reverse=True)[:5]
    np.testing.assert_allclose(
        [hit.score for hit in hits], sorted(expected.values(), reverse=True)[:5], rtol=1e-5
    )


def test_a_hybrid_search_for_stop_words_is_ranked_by_the_embedding(
    loaded: IndexVersion, records: list[IndexRecord]
) -> None:
    query = SearchRequest(limit=10, embedding=records[3].embedding)
    hybrid = loaded.search(replace(query, terms=query_terms("is it the")))
    assert ids(hybrid) == ids(loaded.search(query))


def test_mmr_without_diversity_is_the_plain_ranking(loaded: IndexVersion, spec: IndexSpec) -> None:
    plain = SearchRequest(limit=8, embedding=unit(5, spec.dim))
    assert ids(loaded.search(replace(plain, mmr=Mmr(0.0)))) == ids(loaded.search(plain))


def test_mmr_passes_over_near_copies(version: IndexVersion, make_record: MakeRecord) -> None:
    query = make_record(3).embedding
    copies = [replace(make_record(number), embedding=query) for number in range(100, 105)]
    version.upsert(copies)
    plain = SearchRequest(limit=3, embedding=query)
    assert set(ids(version.search(plain))) <= {"p3", *(f"p{n}" for n in range(100, 105))}
    diverse = version.search(replace(plain, mmr=Mmr(0.8, candidates=60)))
    assert sum(hit.score > 0.999 for hit in diverse) == 1
    filtered = version.search(replace(plain, mmr=Mmr(0.8), where=Eq("price", 9)))
    assert ids(filtered) == ["p9"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (SearchRequest(limit=0, embedding=unit(1, 16)), "limit is 0"),
        (SearchRequest(limit=1001, embedding=unit(1, 16)), "limit is 1001"),
        (SearchRequest(limit=5), "nothing to search for"),
        (SearchRequest(limit=5, terms=query_terms("the")), "nothing to search for"),
        (SearchRequest(limit=5, embedding=unit(1, 8)), r"shape \[8\].*\[16\]"),
        (SearchRequest(limit=5, embedding=np.full(16, np.nan, np.float32)), "no direction"),
        (SearchRequest(limit=5, embedding=np.zeros(16, np.float32)), "no direction"),
        (SearchRequest(limit=5, embedding=unit(1, 16), mmr=Mmr(1.5)), "diversity is 1.5"),
        (SearchRequest(limit=5, embedding=unit(1, 16), mmr=Mmr(candidates=0)), "candidates is 0"),
        (
            SearchRequest(5, embedding=unit(1, 16), terms=query_terms("red"), mmr=Mmr()),
            "dense search only",
        ),
    ],
)
async def test_senseless_searches_are_refused(
    loaded: IndexVersion, request_: SearchRequest, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        loaded.search(request_)
    with pytest.raises(QueryError, match=message):
        await loaded.asearch(request_)


def test_records_that_do_not_fit_are_refused(loaded: IndexVersion, make_record: MakeRecord) -> None:
    good = make_record(1)
    with pytest.raises(ProductIndexError, match=r"'p1'.*shape \[8\]"):
        loaded.upsert([replace(good, embedding=unit(1, 8))])
    wrong = make_record(2, attributes={"height": "tall"})
    with pytest.raises(ProductIndexError, match="'height' is 'tall'"):
        loaded.upsert([wrong])


async def test_async_search_equals_sync_search_and_lets_the_loop_run(
    loaded: IndexVersion, spec: IndexSpec
) -> None:
    queries = [
        SearchRequest(limit=10, embedding=unit(seed, spec.dim), terms=terms)
        for seed in range(10)
        for terms in (None, query_terms("unicorn"))
    ]
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counter = asyncio.create_task(count_turns())
    found = await asyncio.gather(*(loaded.asearch(query) for query in queries))
    counter.cancel()
    assert turns > 1
    assert found == [loaded.search(query) for query in queries]


def test_values_of_a_field(loaded: IndexVersion) -> None:
    assert loaded.values("colour") == {"green": 20, "navy blue": 20, "red": 20, "white": 12}
    assert loaded.values("brand", limit=1).keys() <= {"acme", "zenith"}
    assert list(loaded.values("on_sale").items()) == [("false", 45), ("true", 15)]
    with pytest.raises(FilterError, match="holds numbers"):
        loaded.values("price")
    with pytest.raises(FilterError, match="unknown field"):
        loaded.values("nothing")
    with pytest.raises(QueryError, match="limit is 0"):
        loaded.values("brand", limit=0)


def test_bounds_of_a_field(
    loaded: IndexVersion, index: ProductIndex, spec: IndexSpec, make_record: MakeRecord
) -> None:
    assert loaded.bounds("price") == (0.0, 59.0)
    assert loaded.bounds("height") == (0.1, 5.9)
    with pytest.raises(FilterError, match="keyword field, which has no bounds"):
        loaded.bounds("brand")
    with pytest.raises(FilterError, match="unknown field"):
        loaded.bounds("nothing")
    with index.create(spec) as empty:
        assert empty.bounds("price") is None
        empty.upsert([make_record(2)])
        assert empty.bounds("height") is None


def test_a_closed_version_says_so(version: IndexVersion, spec: IndexSpec) -> None:
    version.close()
    version.close()
    with pytest.raises(ProductIndexError, match="was closed"):
        version.search(SearchRequest(limit=1, embedding=unit(1, spec.dim)))
