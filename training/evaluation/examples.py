"""Galleries for a report: typical errors by class, wins and losses, with small pictures."""

import base64
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image

from retriever.product import Product
from training.evaluation.errors import ERROR_CLASSES, error_class, failed, top_wrong, wanted_id
from training.evaluation.evaluate import Measured
from training.evaluation.metrics import first_ranks
from training.evaluation.result import ErrorCount, Example, Shown
from training.evaluation.suites import Query, Suite

_EXAMPLES_A_CLASS = 4
_EXAMPLES = 12
_FOUND = 5
_SIDE = 128
_GOOD = 10


@dataclass(slots=True)
class Album:
    """Products by id, and the pictures (JPEG in base64, by content key) that examples show."""

    products: Mapping[str, Product]
    pictures: dict[str, str] = field(default_factory=dict)

    def show(self, product_id: str, *, relevant: bool) -> Shown:
        """A product for a gallery; keeps its picture."""
        product = self.products[product_id]
        key = ""
        if product.picture is not None:
            key = product.picture.key
            if key not in self.pictures:
                self.pictures[key] = _jpeg(product.picture.open())
        return Shown(id=product.id, title=product.title, picture=key, relevant=relevant)


def count_errors(measured: Measured, album: Album) -> tuple[dict[str, int], list[ErrorCount]]:
    """How many queries of each suite fail with the last method, and how: every class that occurs.

    ``before`` counts the same class with the first method. Products that a ranking names and the album
    does not know cannot be compared, and are "not comparable".
    """
    rows: dict[tuple[Suite, str], list[int]] = defaultdict(list)
    before: dict[tuple[Suite, str], int] = defaultdict(int)
    last, first = measured.methods[-1], measured.methods[0]
    totals: dict[str, int] = defaultdict(int)
    for row, query in enumerate(measured.queries):
        if name := _class(measured, last, row, album):
            rows[query.suite, name].append(row)
            totals[query.suite] += 1
        if name := _class(measured, first, row, album):
            before[query.suite, name] += 1
    ranks = _ranks(measured)
    counts = [
        ErrorCount(
            suite=suite,
            name=name,
            meaning=ERROR_CLASSES[name],
            count=len(found),
            before=before[suite, name],
            examples=[
                _example(measured, row, ranks, album) for row in _spread(found, _EXAMPLES_A_CLASS)
            ],
        )
        for (suite, name), found in rows.items()
    ]
    counts.sort(key=lambda item: (item.suite != "known-item", item.suite, -item.count))
    return dict(totals), counts


def wins_and_losses(
    measured: Measured, album: Album
) -> tuple[list[Example], list[Example], int, int]:
    """Known items that only the last method, or only the first, has among the first ten; counts of both.

    The examples are those whose rank changed most.
    """
    if len(measured.methods) < 2:
        return [], [], 0, 0
    ranks = _ranks(measured)
    won: list[int] = []
    lost: list[int] = []
    for row, query in enumerate(measured.queries):
        if query.suite == "known-item":
            before, after = (ranks[name][row] or 10**6 for name in _ends(measured))
            if after <= _GOOD < before:
                won.append(row)
            elif before <= _GOOD < after:
                lost.append(row)
    first, last = _ends(measured)
    won.sort(key=lambda row: (ranks[last][row] or 0, -(ranks[first][row] or 10**6)))
    lost.sort(key=lambda row: (ranks[first][row] or 0, -(ranks[last][row] or 10**6)))
    shown = [
        [_example(measured, row, ranks, album) for row in rows[:_EXAMPLES]] for rows in (won, lost)
    ]
    return shown[0], shown[1], len(won), len(lost)


def _class(measured: Measured, method: str, row: int, album: Album) -> str | None:
    """The class of a query's error, None where it did not fail."""
    query, ranking = measured.queries[row], measured.rankings[method][row]
    if not failed(query, ranking):
        return None
    wrong = top_wrong(query, ranking)
    if wrong is None or wrong not in album.products:
        return "not comparable"
    return error_class(query, album.products[wrong], album.products)


def _example(
    measured: Measured, row: int, ranks: dict[str, list[int | None]], album: Album
) -> Example:
    query = measured.queries[row]
    first, last = _ends(measured)
    found = [product for product, _ in measured.rankings[last][row][:_FOUND]]
    return Example(
        text=query.text,
        suite=query.suite,
        wanted=album.show(_wanted(query, found), relevant=True),
        relevant=len(query.relevant),
        rank=ranks[last][row],
        rank_before=ranks[first][row],
        found=[
            album.show(product, relevant=product in query.relevant)
            for product in found
            if product in album.products
        ],
    )


def _wanted(query: Query, found: list[str]) -> str:
    if query.suite == "known-item":
        return wanted_id(query)
    # One that was not found shows more than one that stands beside it.
    return min(query.relevant, key=lambda product: (product in found, product))


def _ranks(measured: Measured) -> dict[str, list[int | None]]:
    return {
        name: first_ranks(measured.queries, measured.rankings[name]) for name in _ends(measured)
    }


def _ends(measured: Measured) -> tuple[str, str]:
    return measured.methods[0], measured.methods[-1]


def _spread(rows: list[int], count: int) -> list[int]:
    """``count`` rows from all over the list, so that not one corner of a catalogue is shown."""
    return rows if len(rows) <= count else [rows[i * len(rows) // count] for i in range(count)]


def _jpeg(image: Image.Image) -> str:
    small = image.copy()
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, format="JPEG", quality=80)
    return base64.b64encode(buffer.getvalue()).decode()
