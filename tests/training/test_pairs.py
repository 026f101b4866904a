from dataclasses import replace

import numpy as np
import pytest

from retriever.errors import CatalogueError
from retriever.product import Product
from training.pairs import Pairs, split_pairs


def pairs(splits: list[str | None]) -> Pairs:
    products = [
        Product(id=f"p{i}", title=f"t{i}", attributes={} if s is None else {"split": s})
        for i, s in enumerate(splits)
    ]
    count = len(products)
    return Pairs(
        products, [p.title for p in products], [f"{i:032x}" for i in range(count)], np.arange(count)
    )


def test_the_catalogues_own_splits_are_kept_by_any_of_their_names() -> None:
    given = pairs(["train", "Validation", "test", "train"])
    assert split_pairs(given, 0) == ["train", "val", "test", "train"]


def test_train_and_test_alone_give_a_part_of_train_to_val() -> None:
    found = split_pairs(pairs(["train"] * 200 + ["test"] * 20), 0)
    assert found[200:] == ["test"] * 20
    assert 5 < found.count("val") < 45
    assert set(found[:200]) == {"train", "val"}


def test_a_product_without_a_split_among_others_is_refused() -> None:
    for other in (None, "holdout"):
        with pytest.raises(CatalogueError, match="product p1 has the split"):
            split_pairs(pairs(["train", other, "test"]), 0)


def test_without_splits_groups_stay_whole_and_the_order_does_not_matter() -> None:
    given = pairs([None] * 300)
    given = replace(given, groups=given.groups // 3)
    found = split_pairs(given, 7)
    assert {len(set(found[i : i + 3])) for i in range(0, 300, 3)} == {1}
    assert {"train", "val", "test"} == set(found)
    turned = split_pairs(given.subset(np.arange(299, -1, -1)), 7)
    assert turned == found[::-1]
    assert split_pairs(given, 8) != found
