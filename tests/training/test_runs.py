from dataclasses import replace

import pytest

from training.experiments.plan import alpha_runs, curve_runs, main_runs
from training.experiments.runs import Run
from training.recipes import RECIPES


def test_every_planned_run_has_a_file_of_its_own() -> None:
    runs = {*main_runs(), *alpha_runs(), *curve_runs()}
    assert len({run.key for run in runs}) == len(runs)


def test_a_recipe_that_changed_is_run_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("residual", "fashion", seed=1)
    before = run.key
    changed = replace(RECIPES["residual"], bottleneck=RECIPES["residual"].bottleneck * 2)
    monkeypatch.setitem(RECIPES, "residual", changed)
    assert run.key != before
    assert run.key.startswith("residual-fashion-1-")
