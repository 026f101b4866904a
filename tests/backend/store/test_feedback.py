"""Feedback in either database, and the pairs that come of it."""

import asyncio

from backend.store import Store
from backend.store.feedback import TrainingPair, add_feedback, training_pairs


async def test_numbers_are_counted_on_by_the_database(store: Store, database: str) -> None:
    other = Store(database)
    try:
        numbers = await asyncio.gather(
            *(
                add_feedback(one, owner="k", query=f"q{n}", product_id="p", verdict="relevant")
                for n in range(20)
                for one in (store, other)
            )
        )
    finally:
        other.close()
    assert len(set(numbers)) == 40


async def test_the_latest_verdict_of_each_caller_counts(store: Store) -> None:
    long = "a mug " * 300
    for owner, query, product, verdict in (
        ("a", "Mug", "p1", "relevant"),
        ("a", " mug ", "p1", "irrelevant"),
        ("b", "mug", "p1", "relevant"),
        ("a", long, "p2 ü" * 100, "relevant"),
        ("a", "  ", "p3", "relevant"),
    ):
        await add_feedback(
            store, owner=owner, query=query, product_id=product, verdict=verdict  # type: ignore[arg-type]
        )  # fmt: skip
    assert training_pairs(store) == [
        TrainingPair("mug", "p1", "irrelevant"),
        TrainingPair("mug", "p1", "relevant"),
        TrainingPair(" ".join(long.split()), "p2 ü" * 100, "relevant"),
    ]
