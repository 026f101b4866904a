"""What is written down of a trained adapter: its figures against zero-shot, and a card for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from retriever.adapter import Adapter
from retriever.encoder import Encoder
from training.diagnostics import geometry
from training.domains import Caches
from training.evaluation import Comparison, compare, known_item_suite, measure
from training.evaluation.catalogue import adapter_ranker
from training.evaluation.metrics import METRICS
from training.pairs import PairFeatures, Pairs

Figures = dict[str, float]


def known_item_figures(
    pairs: Pairs, encoder: Encoder, caches: Caches, adapters: Mapping[str, Adapter]
) -> tuple[dict[str, Figures], dict[str, Comparison]]:
    """Known-item metrics (lower-case names) of each adapter, the baseline first, and comparisons with it.

    The comparisons are of Recall@10, by name, without the baseline's.
    """
    suite = known_item_suite(pairs)
    texts, groups = [query.text for query in suite], [query.group for query in suite]
    values = {
        name: measure(
            suite,
            adapter_ranker(pairs, encoder, caches.pictures, caches.texts, adapter)(texts, 100),
        )
        for name, adapter in adapters.items()
    }
    figures = {
        name: {metric.lower(): float(found[metric].mean()) for metric in METRICS["known-item"]}
        for name, found in values.items()
    }
    baseline, *others = adapters
    main = "Recall@10"
    comparisons = {
        name: compare(values[name][main], values[baseline][main], groups) for name in others
    }
    return figures, comparisons


def metrics_record(
    adapter: Adapter,
    split: str,
    features: PairFeatures,
    figures: Mapping[str, Figures],
    comparison: Comparison,
) -> dict[str, Any]:
    """The metrics of an adapter's record; ``figures`` has ``zero_shot`` and ``adapted``."""
    found = geometry(adapter, features)
    return {
        "split": split,
        "products": len(features.texts),
        **figures,
        "difference": comparison.difference.mean,
        "difference_interval": [comparison.difference.low, comparison.difference.high],
        "p": comparison.p,
        "geometry": {name: round(getattr(found, name), 4) for name in found.__slots__},
    }


def card(
    name: str,
    *,
    encoder: str,
    adapter: Adapter,
    recipe: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> str:
    """The README of an adapter, in Markdown."""
    table = "\n".join(
        f"| {metric} | {metrics['zero_shot'][metric]:.3f} | {metrics['adapted'][metric]:.3f} |"
        for metric in metrics["zero_shot"]
    )
    low, high = metrics["difference_interval"]
    config = adapter.config
    words = f", {len(config.vocabulary):,} word vectors" if config.vocabulary else ""
    fit: Mapping[str, Any] = recipe["fit"]
    return f"""# {name}

An adapter for the encoder `{encoder}`: use it with `shoplens adapter use {name}` or
`shoplens index CATALOGUE --adapter {name}`.

- **Architecture**: {config.kind}, alpha {config.alpha:g}, bottleneck {config.bottleneck}{words};
  {_parameters(adapter):,} parameters.
- **Trained on**: {recipe["trained_on"]}.
- **Recipe**: loss {fit["loss"]}, rate {fit["rate"]:g}, batch {fit["batch"]}, seed {fit["seed"]}; best of
  {recipe["epochs"]} epochs: {recipe["best_epoch"]}; {recipe["seconds"]:.0f} s from cached features; then
  taken back to {recipe["share"]:.0%} of the way from zero-shot (keep {recipe["keep"]:g}).

Known items among the {metrics["products"]:,} products of the {metrics["split"]} split, {_seen(metrics["split"])}:

| figure | zero-shot | adapted |
|---|---|---|
{table}

Recall@10 differs by {metrics["difference"]:+.3f} (95% interval {low:+.3f} to {high:+.3f}, p =
{metrics["p"]:.4f}, paired randomisation test).
"""


def _parameters(adapter: Adapter) -> int:
    counts: Sequence[int] = [parameter.numel() for parameter in adapter.parameters()]
    return sum(counts)


def _seen(split: str) -> str:
    if split == "test":
        return "which training never saw"
    return "by which the epoch was chosen, as there is no test split: too good"
