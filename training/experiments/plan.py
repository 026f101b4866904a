"""Which runs the published tables and figures are made of."""

from training.experiments.field import TRAINED_ON
from training.experiments.runs import Run

SEEDS = (0, 1, 2)
METHODS = ("naive", "mlp", "centred", "linear", "residual", "words")
CURVE_METHODS = ("naive", "mlp", "linear", "residual", "words")
SIZES = (50, 100, 200, 500, 1000, 2000)
ALPHAS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
KEPT = ("linear", "residual", "words")
"""Methods that can be taken back towards zero-shot."""


def main_runs() -> list[Run]:
    """Every method on both domains."""
    runs = [
        Run(method, domain, seed) for domain in TRAINED_ON for method in METHODS for seed in SEEDS
    ]
    return runs + [
        Run(method, domain, seed, keep=True)
        for domain in TRAINED_ON
        for method in KEPT
        for seed in SEEDS
    ]


def curve_runs() -> list[Run]:
    """The learning curve on fashion; all pairs are among `main_runs`."""
    runs = [
        Run(method, "fashion", seed, size=size)
        for size in SIZES
        for method in CURVE_METHODS
        for seed in SEEDS
    ]
    return runs + [
        Run("words", "fashion", seed, size=size, keep=True) for size in SIZES for seed in SEEDS
    ]


def alpha_runs() -> list[Run]:
    """The ablation of alpha: trained at each, and one alpha taken back to every share."""
    trained = [Run("residual", "fashion", seed, alpha=alpha) for alpha in ALPHAS for seed in SEEDS]
    shared = [
        Run(method, "fashion", seed, share=share)
        for method in ("residual", "words")
        for share in SHARES
        for seed in SEEDS
    ]
    return trained + shared + [Run("words", "fashion", seed, text_only=True) for seed in SEEDS]
