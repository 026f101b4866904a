"""Sweeps: recipes tried on validation products by Optuna, seeded and resumable; test is never read."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import optuna

from retriever.errors import SettingsError
from training.adapt import train_adapter
from training.fit import FitSettings
from training.pairs import PairFeatures, Pairs
from training.recipes import RECIPES, Recipe


def suggest(trial: optuna.Trial, seed: int) -> Recipe:
    """A residual recipe of the search space: head, loss, optimiser."""
    return Recipe(
        kind="residual",
        alpha=trial.suggest_float("alpha", 0.02, 1.0, log=True),
        bottleneck=trial.suggest_categorical("bottleneck", [64, 128, 256, 512]),
        towers="text" if trial.suggest_categorical("text_only", [False, True]) else "both",
        words=trial.suggest_categorical("words", [True, False]),
        fit=FitSettings(
            loss=trial.suggest_categorical("loss", ["infonce", "multi-positive", "siglip"]),
            rate=trial.suggest_float("rate", 2e-4, 5e-3, log=True),
            weight_decay=trial.suggest_float("weight_decay", 1e-3, 0.3, log=True),
            batch=trial.suggest_categorical("batch", [64, 128, 256, 512]),
            logit_scale=trial.suggest_float("logit_scale", 10.0, 100.0, log=True),
            hard_negatives=trial.suggest_categorical("hard_negatives", [0, 2]),
            word_dropout=trial.suggest_float("word_dropout", 0.0, 0.5),
            epochs=30,
            patience=6,
            seed=seed,
        ),
    )


def run_sweep(
    name: str,
    storage: Path,
    train: tuple[Pairs, PairFeatures],
    val: tuple[Pairs, PairFeatures],
    *,
    trials: int,
    seed: int = 0,
    on_trial: Callable[[int, float], None] | None = None,
) -> optuna.Study:
    """Bring a study to ``trials`` finished ones; what was finished before an interruption counts.

    Each maximises the mean reciprocal rank of the validation products (`training.adapt.val_score`);
    hopeless ones are pruned against the median of the others at the same epoch. The study lies in an SQLite
    file.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{storage}",
        study_name=name,
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=8, n_warmup_steps=4),
    )

    def objective(trial: optuna.Trial) -> float:
        recipe = suggest(trial, seed)

        def report(epoch: int, figures: dict[str, float]) -> None:
            trial.report(figures["score"], epoch)
            if trial.should_prune():
                raise optuna.TrialPruned

        _, fitted = train_adapter(recipe, train, val, on_epoch=report)
        trial.set_user_attr("recipe", recipe.record())
        return fitted.best_score

    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    while (done := len(study.get_trials(deepcopy=False, states=states))) < trials:
        # A sampler of its own for each trial: one begun anew would repeat what it drew before.
        study.sampler = optuna.samplers.TPESampler(seed=seed + done)
        study.optimize(objective, n_trials=1)
        if on_trial is not None:
            on_trial(done + 1, study.best_value)
    return study


def save_recipe(recipe: dict[str, Any], path: Path) -> None:
    """Write a recipe where `load_recipe` finds it."""
    path.write_text(json.dumps(recipe, indent=2) + "\n", encoding="utf-8")


def load_recipe(name: str) -> Recipe:
    """A published recipe by name, or one from a JSON file of `save_recipe`.

    Raises `SettingsError` for a name that is neither and a file that is no recipe.
    """
    if name in RECIPES:
        return RECIPES[name]
    path = Path(name)
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        given = record.pop("fit")
        known = {field.name for field in fields(FitSettings)}
        fit = FitSettings(**{key: value for key, value in given.items() if key in known})
        return replace(Recipe(**record), fit=fit)
    except FileNotFoundError:
        raise SettingsError(
            f"no recipe {name!r}: it is neither a file nor one of {', '.join(RECIPES)}"
        ) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SettingsError(
            f"{path} is not a recipe ({error}); `shoplens sweep` writes one"
        ) from error
