"""How sure a mean over queries is, and whether two methods differ. Seeded: same numbers, same answer.

Queries that want the same products tell the same thing twice, so what is resampled, or flipped, is
whole groups of queries where groups are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.errors import SettingsError
from training.evaluation.metrics import Values

CONFIDENCE = 0.95
RESAMPLES = 2_000
FLIPS = 10_000
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over queries and the ends of its 95% confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The mean difference of two methods on the same queries, and how probable one as large is by chance."""

    difference: Interval
    p: float


def mean_interval(
    values: Values, groups: Sequence[str] | None = None, *, seed: int = 0
) -> Interval:
    """Mean of values [q] with its percentile bootstrap interval over queries or groups [q] of them.

    Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 13; resampling groups: Field &
    Welsh, "Bootstrapping clustered data" (J. R. Stat. Soc. B, 2007). Raises `SettingsError` without
    values.
    """
    sums, sizes = _group_sums(values, groups)
    rng = np.random.default_rng(seed)
    share = np.full(len(sums), 1.0 / len(sums))
    means = np.empty(RESAMPLES)
    for start in range(0, RESAMPLES, _CHUNK):
        drawn = rng.multinomial(len(sums), share, size=min(_CHUNK, RESAMPLES - start))
        means[start : start + len(drawn)] = (drawn @ sums) / (drawn @ sizes)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return Interval(float(values.mean()), float(low), float(high))


def compare(
    values: Values, baseline: Values, groups: Sequence[str] | None = None, *, seed: int = 0
) -> Comparison:
    """How values [q] differ from the baseline's [q] on the same queries.

    p by a two-sided paired randomisation test: the difference of each query (or group) gets a random
    sign, and p is the share of assignments with a mean as far from zero as the one found (Smucker, Allan
    & Carterette, "A comparison of statistical significance tests for information retrieval evaluation",
    CIKM 2007). Of `FLIPS` assignments, so p is never below 1 / (FLIPS + 1). Raises `SettingsError` when
    the two are not of the same queries.
    """
    if values.shape != baseline.shape:
        raise SettingsError(
            f"{len(values)} values cannot be paired with {len(baseline)} of the baseline; measure both "
            "on the same queries"
        )
    differences = values - baseline
    sums, _ = _group_sums(differences, groups)
    found = (
        abs(sums.sum()) - 1e-9
    )  # sums of the same numbers in another order differ in the last bits
    rng = np.random.default_rng(seed)
    as_far = 0
    for start in range(0, FLIPS, _CHUNK):
        size = (min(_CHUNK, FLIPS - start), len(sums))
        signs = rng.integers(0, 2, size=size, dtype=np.int8) * 2 - 1
        as_far += int((np.abs(signs @ sums) >= found).sum())
    return Comparison(mean_interval(differences, groups, seed=seed), (as_far + 1) / (FLIPS + 1))


def _group_sums(
    values: Values, groups: Sequence[str] | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sums [g] and sizes [g] of the groups; each query is its own where none are given."""
    if not len(values):
        raise SettingsError("no queries, so no mean; choose a suite that this catalogue has")
    if groups is None:
        return values, np.ones(len(values), np.int64)
    if len(groups) != len(values):
        raise SettingsError(f"{len(groups)} groups for {len(values)} values; give one for each")
    _, row = np.unique(np.asarray(groups), return_inverse=True)
    sums: Values = np.bincount(row, weights=values).astype(np.float64)
    return sums, np.bincount(row).astype(np.int64)
