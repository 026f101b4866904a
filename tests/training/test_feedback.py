"""Shoppers' verdicts as training pairs."""

import json
from pathlib import Path

import numpy as np
import pytest

from retriever.catalogue import Catalogue
from retriever.drawn import draw_shop
from retriever.encoder import Encoder
from retriever.errors import SettingsError
from training.domains import Caches, Domain, domain_of
from training.feedback import Verdict, add_feedback, read_feedback
from training.pairs import positives_of


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Encoder) -> Caches:
    return Caches.of(tmp_path_factory.mktemp("features"), tiny_encoder)


@pytest.fixture(scope="module")
def domain(
    tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Encoder, caches: Caches
) -> Domain:
    shop = draw_shop(tmp_path_factory.mktemp("shop"), per_type=1, size=48, jobs=1)
    return domain_of("shop", Catalogue.open(shop), tiny_encoder, caches)


def ids(domain: Domain, split: str) -> list[str]:
    return [p.id for p, s in zip(domain.pairs.products, domain.splits, strict=True) if s == split]


def test_what_was_found_relevant_is_a_positive_of_its_product(
    domain: Domain, tiny_encoder: Encoder, caches: Caches
) -> None:
    first, second = ids(domain, "train")[:2]
    before, plain = domain.split("train")
    verdicts = [
        Verdict("zorpy  glow", first, True),
        Verdict("Zorpy glow", first, True),
        Verdict("zorpy glow", second, True),
        Verdict("zorpy glow", second, False),
        Verdict("zorpy glow", "none", True),
    ]
    pairs, features, use = add_feedback(domain, verdicts, tiny_encoder, caches)
    assert use.record() == {"pairs": 1, "irrelevant": 1, "held_out": 0, "unknown": 1}
    assert len(pairs) == len(before) + 1 == len(features.texts) == len(features.pictures)
    assert pairs.texts[-1] == features.words[-1] == "zorpy glow"
    row = [product.id for product in before.products].index(first)
    assert (features.pictures[-1] == plain.pictures[row]).all()
    assert np.allclose(features.texts[-1], tiny_encoder.encode_texts(["zorpy glow"])[0], atol=1e-3)
    numbers = positives_of(pairs)
    assert numbers[-1, 1] == numbers[row, 1]
    assert numbers[-1, 0] not in numbers[:-1, 0]


@pytest.mark.parametrize("split", ["val", "test"])
def test_nothing_of_a_held_out_product_is_trained_on(
    domain: Domain, tiny_encoder: Encoder, caches: Caches, split: str
) -> None:
    held_out = ids(domain, split)
    title = domain.pairs.texts[[p.id for p in domain.pairs.products].index(held_out[0])]
    verdicts = [Verdict("zorpy glow", one, True) for one in held_out]
    verdicts.append(Verdict(f" {title.upper()} ", ids(domain, "train")[0], True))
    pairs, features, use = add_feedback(domain, verdicts, tiny_encoder, caches)
    assert use.record() == {"pairs": 0, "irrelevant": 0, "held_out": len(verdicts), "unknown": 0}
    assert len(pairs) == len(features.texts) == len(domain.split("train")[0])


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_files_as_they_are_exported(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"pairs.{ending}"
    if ending == "csv":
        path.write_text('query,product_id,verdict\n"a, b",p1,relevant\nc,p2,irrelevant\n')
    else:
        rows = [("a, b", "p1", "relevant"), ("c", "p2", "irrelevant")]
        names = ("query", "product_id", "verdict")
        path.write_text(
            "".join(json.dumps(dict(zip(names, r, strict=True))) + "\n\n" for r in rows)
        )
    assert read_feedback(path) == [Verdict("a, b", "p1", True), Verdict("c", "p2", False)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "cannot be read as feedback"),
        ("[]", "line 1: wants query, product_id, verdict"),
        ('{"query": "a", "product_id": 1, "verdict": "relevant"}', "line 1: wants query"),
        ('{"query": "a", "product_id": "p", "verdict": "good"}', "relevant or irrelevant"),
        ('{"query": " ", "product_id": "p", "verdict": "relevant"}', "wants a query"),
    ],
)
def test_a_file_that_is_something_else(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(line)
    with pytest.raises(SettingsError, match=said):
        read_feedback(path)
