"""The tables of docs/results.md, as Markdown: means over seeds with 95% intervals of the mean."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from training.evaluation.statistics import compare
from training.experiments.field import TRAINED_ON
from training.experiments.plan import ALPHAS, CURVE_METHODS, KEPT, METHODS, SEEDS, SHARES, SIZES
from training.experiments.runs import Ledger, Outcome, Run
from training.experiments.stage_b import stage_b

KNOWN = ("Recall@1", "Recall@5", "Recall@10", "MRR")
ELSEWHERE = ("ikea", "magento_luma", "drawn")


def over_seeds(ledger: Ledger, run: Run, figure: Callable[[Outcome], float]) -> tuple[float, float]:
    """Mean of a figure over the seeds, and half the width of its 95% interval (Student's t)."""
    found = [figure(ledger.outcome(replace(run, seed=seed))) for seed in SEEDS]
    spread = float(np.std(found, ddof=1)) / len(found) ** 0.5
    return float(np.mean(found)), float(stats.t.ppf(0.975, len(found) - 1)) * spread


def main_table(ledger: Ledger, domain: str) -> str:
    """Every method on the held-out products of the domain it was trained on."""
    zero = ledger.zero_shot()
    groups = [q.group for q in ledger.field.pools[domain].queries if q.suite == "known-item"]
    rows = [
        ["zero-shot", *(_percent(zero.mean(domain, metric)) for metric in KNOWN), "", "", "", ""]
    ]
    for label, run in _methods(domain):
        cells = [_cell(ledger, run, _mean(domain, metric)) for metric in KNOWN]
        seeds = [ledger.outcome(replace(run, seed=s)).values[domain]["Recall@10"] for s in SEEDS]
        found = compare(np.mean(seeds, axis=0), zero.values[domain]["Recall@10"], groups)
        low, high = 100 * found.difference.low, 100 * found.difference.high
        share = ledger.outcome(run).record.get("share")
        cells += [
            f"{100 * found.difference.mean:+.1f} [{low:+.1f}, {high:+.1f}]",
            f"{found.p:.4f}",
            "" if share is None else f"{over_seeds(ledger, run, _record('share'))[0]:.2f}",
            f"{over_seeds(ledger, run, _record('seconds'))[0]:.0f}",
        ]
        rows.append([label, *cells])
    head = ["method", *KNOWN, "Recall@10 against zero-shot", "p", "share", "training s"]
    return _markdown(head, rows)


def curve_table(ledger: Ledger) -> str:
    """Recall@10 on fashion by the number of training pairs."""
    rows = [
        [
            label,
            *(
                _cell(ledger, replace(run, size=size), _mean("fashion", "Recall@10"))
                for size in SIZES
            ),
            _cell(ledger, run, _mean("fashion", "Recall@10")),
        ]
        for label, run in curve_methods()
    ]
    return _markdown(["method", *(f"{size:,}" for size in SIZES), "all"], rows)


def retention_table(ledger: Ledger) -> str:
    """Methods trained on fashion, measured where they were not trained."""
    zero = ledger.zero_shot()
    figures = [(pool, m) for pool in ("fashion", *ELSEWHERE) for m in ("Recall@10", "nDCG@10")]
    rows = [["zero-shot", *(_percent(zero.mean(pool, metric)) for pool, metric in figures)]]
    methods = [
        *_methods("fashion"),
        ("words, text tower only", Run("words", "fashion", text_only=True)),
    ]
    for label, run in methods:
        rows.append([label, *(_cell(ledger, run, _mean(*figure)) for figure in figures)])
    unfrozen = stage_b(ledger, 0)
    rows.append(["Stage B from words", *(_percent(unfrozen.mean(*figure)) for figure in figures)])
    return _markdown(["method", *(f"{pool} {metric}" for pool, metric in figures)], rows)


def alpha_table(ledger: Ledger) -> str:
    """The residual adapter trained at each alpha, then one of alpha 0.2 taken back to each share."""
    names = (
        "drift_pictures",
        "neighbours_kept",
        "uniformity_pictures",
        "modality_gap",
        "alignment",
    )
    trained = [(f"{alpha:g}", Run("residual", "fashion", alpha=alpha)) for alpha in ALPHAS]
    taken = [(f"0.2 x {share:g}", Run("residual", "fashion", share=share)) for share in SHARES[::2]]
    rows = []
    for label, run in (*trained, *taken):
        cells = [
            _cell(ledger, run, _mean("fashion", "Recall@10")),
            _cell(ledger, run, _mean("magento_luma", "Recall@10")),
            _cell(ledger, run, _mean("drawn", "nDCG@10")),
        ]
        cells += [f"{over_seeds(ledger, run, _geometry(name))[0]:.3f}" for name in names]
        rows.append([label, *cells])
    head = ["alpha", "fashion Recall@10", "magento Recall@10", "drawn nDCG@10"]
    return _markdown([*head, *(name.replace("_", " ") for name in names)], rows)


def curve_methods() -> list[tuple[str, Run]]:
    """The methods of the learning curve, by the label that tables and figures use."""
    methods = [(name, Run(name, "fashion")) for name in CURVE_METHODS]
    return [*methods, ("words, kept", Run("words", "fashion", keep=True))]


def sections(ledger: Ledger) -> dict[str, str]:
    """Every table by the name that marks its place."""
    return {
        **{f"adapters-{domain}": main_table(ledger, domain) for domain in TRAINED_ON},
        "adapters-curve": curve_table(ledger),
        "adapters-retention": retention_table(ledger),
        "adapters-alpha": alpha_table(ledger),
    }


def fill(page: str, tables: dict[str, str]) -> str:
    """The page with each table between its marks, ``<!-- name -->`` and ``<!-- /name -->``."""
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found, rest = page.partition(begin)
        if found:
            page = f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return page


def _methods(domain: str) -> list[tuple[str, Run]]:
    methods = [(name, Run(name, domain)) for name in METHODS]
    return methods + [(f"{name}, kept", Run(name, domain, keep=True)) for name in KEPT]


def _mean(pool: str, metric: str) -> Callable[[Outcome], float]:
    return lambda outcome: outcome.mean(pool, metric)


def _record(name: str) -> Callable[[Outcome], float]:
    return lambda outcome: float(outcome.record[name])


def _geometry(name: str) -> Callable[[Outcome], float]:
    return lambda outcome: float(outcome.record["geometry"][name])


def _cell(ledger: Ledger, run: Run, figure: Callable[[Outcome], float]) -> str:
    mean, half = over_seeds(ledger, run, figure)
    return f"{_percent(mean)} ± {_percent(half)}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
