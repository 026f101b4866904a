"""Precision and recall of the categories that the rules read from shoppers' words, in the drawn shop.

    python -m benchmarks.understanding [--json] [--queries 570]

The queries are exact phrases for products of another seed of the shop, each of which lies in one department. A
category read for a query is right when it holds that department: a wrong one would exclude every
right product. *Values alone* reads only words that are values themselves; *with kinds* also looks up the nouns of
titles (`generator.understanding.kinds`). The shop must be indexed: `shoplens demo`.
"""

import argparse
import json
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from generator.conversation import Conversation, Message
from generator.understanding.kinds import KindLookup, kind_lookup
from generator.understanding.rules import understand
from retriever.capabilities import Capabilities
from retriever.drawn.phrases import describe
from retriever.drawn.plan import plan_shop
from retriever.index import open_index


def measure(count: int, capabilities: Capabilities, kinds: KindLookup | None) -> dict[str, float]:
    """Over ``count`` queries."""
    rng = Random(5)
    products = rng.sample(plan_shop(77, 24), count)
    read = right = 0
    for product in products:
        text = rng.choice(describe(product.visual))
        understood = understand(Message(text=text), Conversation(), capabilities, kinds)
        values = understood.constraints.wanted.get("category", [])
        read += bool(values)
        right += product.category.casefold() in values
    return {
        "queries": count,
        "read": read,
        "precision": round(right / max(1, read), 4),
        "recall": round(right / count, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--queries", type=int, default=570)
    parser.add_argument("--data-dir", type=Path, default=Path(".shoplens"))
    options = parser.parse_args()
    with open_index("demo", path=options.data_dir / "index") as index, index.open() as version:
        capabilities = Capabilities.read(version)
        results = {
            "values alone": measure(options.queries, capabilities, None),
            "with kinds": measure(
                options.queries, capabilities, kind_lookup(version, capabilities)
            ),
        }
    if options.json:
        print(json.dumps(results, indent=2))  # noqa: T201
        return
    table = Table("reading", "queries", "category read", "precision", "recall")
    for name, row in results.items():
        table.add_row(name, *(f"{value:g}" for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
