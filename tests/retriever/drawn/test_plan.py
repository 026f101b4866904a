"""The planned shop: counts, splits, wished-for products, and metadata that gives nothing away."""

from collections import Counter, defaultdict

import pytest

from retriever.drawn import COLOURS, TYPES, DrawnProduct, describe, held_out, plan_shop


@pytest.fixture(scope="module")
def shop() -> list[DrawnProduct]:
    return plan_shop()


def test_the_shop_is_large_and_varied(shop: list[DrawnProduct]) -> None:
    counts = Counter(product.visual.type for product in shop)
    assert len(shop) >= 1200
    assert len(TYPES) >= 40
    assert counts == dict.fromkeys(TYPES, 32)
    assert len({product.id for product in shop}) == len(shop)
    assert {product.visual.colour for product in shop} == set(COLOURS)
    assert len({product.visual.group for product in shop}) > 1000


def test_a_plan_depends_on_its_seed_alone(shop: list[DrawnProduct]) -> None:
    assert plan_shop() == shop
    groups = {product.visual.group for product in shop}
    others = [product.visual.group for product in plan_shop(seed=1)]
    assert sum(group not in groups for group in others) > 0.6 * len(others)
    assert plan_shop(seed=1, per_type=3)[0].id == "drawn-1-00000"


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("per_type", [2, 32])
def test_each_type_has_both_splits(seed: int, per_type: int) -> None:
    splits = defaultdict(set)
    for product in plan_shop(seed, per_type):
        assert product.split == ("test" if held_out(product.visual.group) else "train")
        splits[product.visual.type].add(product.split)
    assert all(found == {"test", "train"} for found in splits.values())


def test_a_quarter_of_the_groups_is_held_out(shop: list[DrawnProduct]) -> None:
    groups = {product.visual.group for product in shop}
    assert 0.2 < sum(map(held_out, groups)) / len(groups) < 0.3
    assert not held_out("mug|red|plain|ceramic|one handle")


def test_the_example_query_has_answers_and_near_misses(shop: list[DrawnProduct]) -> None:
    def count(**wanted: str) -> int:
        return sum(
            all(
                value in product.visual.parts
                if name == "part"
                else getattr(product.visual, name) == value
                for name, value in wanted.items()
            )
            for product in shop
        )

    assert count(type="plush toy", colour="orange", size="small", part="big eyes") >= 6
    assert count(type="plush toy", colour="orange", part="small eyes") >= 2
    assert count(type="plush toy", colour="orange", size="large", part="big eyes") >= 2
    assert count(type="plush toy", colour="purple", part="big eyes") >= 2
    assert count(type="toy robot", colour="orange") >= 1


def test_the_listing_gives_no_visual_detail_away(shop: list[DrawnProduct]) -> None:
    for product in shop:
        written = " ".join(
            (product.title, product.description, product.category, *product.attributes.values())
        ).lower()
        details = (*product.visual.parts, product.visual.pattern, product.visual.kind or "")
        for detail in details:
            if " " in detail or detail in {"striped", "floral", "checked", "zigzag"}:
                assert detail not in written, product.id
        assert product.price > 0
        assert product.title


def test_most_listings_name_the_colour(shop: list[DrawnProduct]) -> None:
    named = sum(product.attributes.get("colour") == product.visual.colour for product in shop)
    assert 0.7 < named / len(shop) < 0.95


def test_the_phrases_are_exact(shop: list[DrawnProduct]) -> None:
    for product in shop:
        phrases = describe(product.visual)
        assert 1 <= len(phrases) <= 3
        assert product.visual.size in phrases[0]
        assert all(product.visual.colour in phrase for phrase in phrases)
        assert all("coloured" not in phrase for phrase in phrases)
    first = describe(shop[0].visual)[0]
    assert first.startswith("a small orange")
    assert "with big eyes" in first
