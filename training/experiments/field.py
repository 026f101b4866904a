"""What every run is measured on: the domains, their held-out pools, and both suites on each."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retriever.adapter import Adapter
from retriever.encoder import Encoder
from training.domains import Caches, Domain, catalogue_domain, drawn_domain
from training.evaluation import Query, attribute_suite, known_item_suite, measure
from training.evaluation.catalogue import adapter_ranker
from training.evaluation.metrics import Values
from training.evaluation.ranking import DEPTH
from training.pairs import PairFeatures, Pairs

TRAINED_ON = ("fashion", "ikea")
_ASPECTS = {"fashion": (3, 4)}
_LEAST = 5
"""Fewest products of an attribute query where a pool has few products of one kind."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Held-out products of a domain and the queries on them."""

    pairs: Pairs
    features: PairFeatures
    queries: list[Query]


@dataclass(frozen=True, slots=True)
class Field:
    """An encoder with its caches, domains to train on, and pools to measure on."""

    encoder: Encoder
    caches: Caches
    domains: dict[str, Domain]
    pools: dict[str, Pool]

    @classmethod
    def read(cls, encoder: Encoder, caches: Caches, folder: Path) -> "Field":
        """The domains in a folder of catalogues, and drawn products; encodes what is new.

        *fashion* and *ikea* are measured on their test splits, *magento_luma* and *drawn*, which nothing here
        trains on, whole.
        """
        domains = {
            name: catalogue_domain(
                folder / f"{name}.parquet", encoder, caches, aspect=_ASPECTS.get(name)
            )
            for name in (*TRAINED_ON, "magento_luma")
        }
        domains["drawn"] = drawn_domain(encoder, caches)
        return cls(encoder, caches, domains, _pools(domains))

    def measure(
        self, adapter: Adapter, only: str | None = None, encoder: Encoder | None = None
    ) -> dict[str, dict[str, Values]]:
        """Metrics of every query: pool -> metric -> values [q], known items and attributes apart.

        Names of attribute metrics are those of `measure`; ``only`` one pool where it is named.
        """
        found: dict[str, dict[str, Values]] = {}
        for name, pool in self.pools.items():
            if only in (None, name):
                found[name] = measure_pool(pool, encoder or self.encoder, self.caches, adapter)
        return found


def measure_pool(
    pool: Pool, encoder: Encoder, caches: Caches, adapter: Adapter
) -> dict[str, Values]:
    """``Recall@1``, ``Recall@5``, ``Recall@10``, ``MRR`` of known items; ``P@10``, ``nDCG@10`` of attributes."""
    rank = adapter_ranker(pool.pairs, encoder, caches.pictures, caches.texts, adapter)
    found: dict[str, Values] = {}
    metrics: Mapping[str, tuple[str, ...]] = {
        "known-item": ("Recall@1", "Recall@5", "Recall@10", "MRR"),
        "attribute": ("P@10", "nDCG@10"),
    }
    for suite, names in metrics.items():
        queries = [query for query in pool.queries if query.suite == suite]
        values = measure(queries, rank([query.text for query in queries], DEPTH))
        found |= {name: values[name] for name in names}
    return found


def _pools(domains: Mapping[str, Domain]) -> dict[str, Pool]:
    pools: dict[str, Pool] = {}
    for name, domain in domains.items():
        pairs, features = domain.split("test" if name in TRAINED_ON else None)
        least = 10 if name == "fashion" else _LEAST
        queries = [*known_item_suite(pairs), *attribute_suite(pairs.products, least=least)]
        pools[name] = Pool(pairs, features, queries)
    return pools
