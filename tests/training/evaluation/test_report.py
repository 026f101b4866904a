"""From rankers to a result, its file and its page; the page is safe whatever a catalogue holds."""

import io
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from PIL import Image

from retriever.errors import SettingsError
from retriever.picture import Picture
from retriever.product import Product
from training.evaluation import Ranking, known_item_suite, measure
from training.evaluation.catalogue import evaluation_of, suites_of
from training.evaluation.report import p_value, points, render_report
from training.evaluation.result import Evaluation
from training.pairs import Pairs, group

NASTY = '<script>alert(1)</script> " onload="x\' &amp; shirt'


def picture(shade: int) -> Picture:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 30), (shade, 90, 255 - shade)).save(buffer, "PNG")
    return Picture(buffer.getvalue())


def shop(count: int = 40) -> Pairs:
    products = [
        Product(
            id=f"p{row}",
            title=f"{NASTY} {row}",
            category=("Shirts", "Mugs")[row % 2],
            attributes={"colour": ("red", "blue")[row // 2 % 2], "gender": "Men"},
            picture=picture(row),
        )
        for row in range(count)
    ]
    titles = [product.title for product in products]
    keys = [product.picture.key for product in products if product.picture is not None]
    return Pairs(products, titles, keys, group(titles, keys))


class Chance:
    """Ranks at random; a share of the texts finds its own product first."""

    def __init__(self, pairs: Pairs, share: float) -> None:
        self.pairs, self.share = pairs, share

    def __call__(self, texts: Sequence[str], k: int) -> list[Ranking]:
        return [self._one(text, k) for text in texts]

    def _one(self, text: str, k: int) -> Ranking:
        rng = random.Random(f"{text} {self.share}")
        ids = [product.id for product in self.pairs.products]
        rng.shuffle(ids)
        if text in self.pairs.texts and rng.random() < self.share:
            ids.insert(0, self.pairs.products[self.pairs.texts.index(text)].id)
        return [(product, 1 / place) for place, product in enumerate(ids[:k], 1)]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    pairs = shop()
    return evaluation_of(
        pairs,
        suites_of(pairs, ("known-item", "attribute", "typed")),
        {"zero-shot": Chance(pairs, 0.0), "<b>better</b>": Chance(pairs, 0.9)},
        catalogue="a <shop>",
        split="test",
        encoder="tiny",
        fingerprint="0" * 32,
    )


def test_what_an_evaluation_says(evaluation: Evaluation) -> None:
    known = next(suite for suite in evaluation.suites if suite.suite == "known-item")
    baseline, better = (row.scores["Recall@10"] for row in known.rows)
    assert baseline.p is None
    assert better.mean > baseline.mean + 0.3
    assert better.p is not None
    assert better.p < 0.01
    failures = round((1 - better.mean) * known.queries)
    counts = [error.count for error in evaluation.errors if error.suite == "known-item"]
    assert sum(counts) == evaluation.failed["known-item"] == failures
    assert evaluation.won - evaluation.lost == round((better.mean - baseline.mean) * 40)
    for example in evaluation.wins:
        assert example.rank == 1
        assert example.rank_before is None or example.rank_before > 10


def test_it_is_the_same_after_reading_it_back(evaluation: Evaluation, tmp_path: Path) -> None:
    evaluation.save(tmp_path / "folder" / "result.json")
    assert Evaluation.read(tmp_path / "folder" / "result.json") == evaluation


def test_files_that_hold_no_result(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        Evaluation.read(tmp_path / "none.json")
    (tmp_path / "odd.json").write_text("{}")
    with pytest.raises(SettingsError, match="no result"):
        Evaluation.read(tmp_path / "odd.json")


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_and_runs_nothing(evaluation: Evaluation) -> None:
    html = render_report(evaluation)
    page = Page()
    page.feed(html)
    tags = [tag for tag, _ in page.tags]
    assert "script" not in tags
    assert "b" in tags  # our own, of ranks; the method's name is escaped
    assert "&lt;b&gt;better&lt;/b&gt;" in html
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert images
    assert all((image["src"] or "").startswith("data:image/jpeg") for image in images)
    assert all(image["alt"] for image in images)
    assert not re.search(r'(?:src|href)="(?!data:|#)', html)


def test_one_method_alone_has_no_wins(evaluation: Evaluation) -> None:
    pairs = shop(12)
    alone = evaluation_of(
        pairs,
        suites_of(pairs, ("known-item",)),
        {"mine": Chance(pairs, 0.5)},
        catalogue="shop",
        split="all",
        encoder="",
        fingerprint="",
    )
    assert (alone.won, alone.lost, alone.wins) == (0, 0, [])
    assert 'id="wins"' not in render_report(alone)


def test_numbers_as_people_read_them() -> None:
    assert (points(0.123), points(-0.123)) == ("+12.3", "−12.3")
    assert (p_value(0.0001), p_value(0.04)) == ("< 0.001", "0.040")


def test_a_llama_index_retriever_is_evaluated_like_any_other() -> None:
    pairs = shop(6)

    class Own(BaseRetriever):
        def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
            row = pairs.texts.index(query_bundle.query_str)
            ids = [pairs.products[(row + step) % 6].id for step in (5, 0, 1)]
            return [NodeWithScore(node=TextNode(id_=name, text=name), score=0.5) for name in ids]

    retriever = Own()

    def rank(texts: Sequence[str], k: int) -> list[Ranking]:
        found = [retriever.retrieve(text) for text in texts]
        return [[(node.node_id, node.score or 0.0) for node in nodes][:k] for nodes in found]

    suite = known_item_suite(pairs)
    values = measure(suite, rank([query.text for query in suite], 100))
    assert values["MRR"].tolist() == [0.5] * 6


def test_nothing_to_evaluate() -> None:
    pairs = replace(shop(3), texts=["", "", ""])
    with pytest.raises(SettingsError, match="nothing to evaluate"):
        evaluation_of(
            pairs,
            suites_of(pairs, ("known-item",)),
            {"mine": Chance(pairs, 1.0)},
            catalogue="shop",
            split="all",
            encoder="",
            fingerprint="",
        )
