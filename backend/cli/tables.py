"""Retrieved products as a table."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from backend.presentation import SCORES, key_attributes, printable, shown_title
from retriever.retrieved import Mode, RetrievedProduct

_ATTRIBUTES = 3
_TITLE_LENGTH = 60


def products_table(retrieved: Sequence[RetrievedProduct], query: str, mode: Mode) -> Table:
    """Rank, score, title, price, category and the attributes that say most, one product a row."""
    table = Table(caption=f"score: {SCORES[mode]}", caption_justify="left")
    table.add_column("#", justify="right")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("product", ratio=3)
    table.add_column("price", justify="right", no_wrap=True)
    table.add_column("category", ratio=1)
    table.add_column("attributes", ratio=3)
    for found in retrieved:
        product = found.product
        attributes = (
            f"{name} {value}" for name, value in key_attributes(product, query, _ATTRIBUTES)
        )
        table.add_row(
            str(found.rank),
            f"{found.score:.3f}",
            Text.assemble(
                (shown_title(product, _TITLE_LENGTH), "bold"), (f"\n{printable(product.id)}", "dim")
            ),
            str(product.price or ""),
            Text(printable(product.category or "")),
            Text(", ".join(attributes)),
        )
    return table
