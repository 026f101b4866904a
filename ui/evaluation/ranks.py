"""The rank of every query's first right product with two methods, and what changed between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ui.model import Json

Order = Literal["largest losses", "largest gains", "worst now"]
ORDERS: tuple[Order, ...] = ("largest losses", "largest gains", "worst now")


@dataclass(frozen=True, slots=True)
class RankChange:
    """A query; ranks are None beyond the depth that was ranked. ``change`` > 0: found earlier now."""

    text: str
    suite: str
    category: str
    before: int | None
    after: int | None
    change: int


def changes(
    queries: Sequence[Json], before: str, after: str, *, depth: int, suite: str, order: Order
) -> list[RankChange]:
    """The queries of a suite, sorted; a rank beyond the depth counts as the one after it."""
    beyond = depth + 1
    found = []
    for query in queries:
        if query["suite"] != suite:
            continue
        old, new = query["ranks"][before], query["ranks"][after]
        change = (old or beyond) - (new or beyond)
        found.append(RankChange(query["text"], suite, query["category"], old, new, change))
    match order:
        case "largest losses":
            found.sort(key=lambda row: row.change)
        case "largest gains":
            found.sort(key=lambda row: -row.change)
        case "worst now":
            found.sort(key=lambda row: -(row.after or beyond))
    return found
