"""Keeping what the backbone knew: how far an adapter may go, measured on products of another domain.

A shop's own products cannot show what an adapter forgets. Drawn products can: the project draws them, they
come with exact attributes, and no adapter is trained on them. The share of the way from zero-shot to the
adapter (`training.interpolate`) is taken as large as they allow.
"""

from dataclasses import dataclass

import numpy as np

from retriever.adapter import Adapter
from retriever.encoder import Encoder
from training.domains import Caches, Domain, drawn_domain
from training.evaluation import Query, attribute_suite, measure
from training.evaluation.catalogue import adapter_ranker
from training.interpolate import interpolated

PROBE_SEEDS = range(50, 52)
"""Shops that only the probe draws: neither pre-training nor the published evaluation does."""
KEEP = 0.95
_SHARES = np.linspace(1.0, 0.0, 21)
_LEAST = 5


@dataclass(frozen=True, slots=True)
class Probe:
    """Drawn products and the attribute queries (colour + type) on them."""

    domain: Domain
    queries: list[Query]
    encoder: Encoder
    caches: Caches

    @classmethod
    def draw(cls, encoder: Encoder, caches: Caches) -> "Probe":
        """About 950 products; drawing them takes some ten seconds."""
        domain = drawn_domain(encoder, caches, PROBE_SEEDS)
        queries = attribute_suite(
            domain.pairs.products, wordings=[("colour", "type")], least=_LEAST
        )
        return cls(domain, queries, encoder, caches)

    def score(self, adapter: Adapter) -> float:
        """Mean nDCG@10 of the queries."""
        caches = self.caches
        rank = adapter_ranker(
            self.domain.pairs, self.encoder, caches.pictures, caches.texts, adapter
        )
        found = measure(self.queries, rank([query.text for query in self.queries], 100))
        return float(found["nDCG@10"].mean())


def kept(adapter: Adapter, probe: Probe, keep: float = KEEP) -> tuple[Adapter, float]:
    """The adapter, taken back towards zero-shot until the probe keeps ``keep`` of zero-shot's score.

    Returns it with the share of the way that is left: the largest of 0, 0.05, ..., 1 that does. Raises
    `AdapterError` for a naive adapter, which cannot be taken back.
    """
    least = keep * probe.score(Adapter.identity(adapter.config.dim))
    for share in _SHARES:
        back = interpolated(adapter, float(share))
        if probe.score(back) >= least:
            return back, float(share)
    return interpolated(adapter, 0.0), 0.0
