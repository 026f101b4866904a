from pathlib import Path

import pytest

from retriever.errors import SettingsError
from training.domains import Domain
from training.recipes import RECIPES
from training.sweep import load_recipe, run_sweep, save_recipe


def test_a_sweep_goes_on_where_it_was(domain: Domain, tmp_path: Path) -> None:
    def sweep(trials: int) -> int:
        study = run_sweep(
            "things", tmp_path / "s.db", domain.split("train"), domain.split("val"), trials=trials
        )
        assert study.best_value == max(t.value for t in study.trials if t.value is not None)
        assert len({trial.params["alpha"] for trial in study.trials}) == len(study.trials)
        return len(study.trials)

    assert sweep(2) == 2
    assert sweep(2) == 2
    assert sweep(3) == 3


def test_recipes_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    save_recipe(RECIPES["words"].record(), path)
    assert load_recipe(str(path)) == load_recipe("words") == RECIPES["words"]


def test_what_is_no_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="neither a file nor one of naive"):
        load_recipe("best")
    (tmp_path / "bad.json").write_text('{"kind": "residual"}', encoding="utf-8")
    with pytest.raises(SettingsError, match="is not a recipe"):
        load_recipe(str(tmp_path / "bad.json"))
