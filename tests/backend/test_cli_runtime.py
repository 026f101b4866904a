"""Commands with the encoder run by OpenVINO: the same products, and exports in the data folder."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def test_an_index_made_by_one_runtime_is_searched_by_another(run: Run, shop: Path) -> None:
    indexed = run("index", shop, "--runtime", "openvino", "--json")
    assert indexed.exit_code == 0, indexed.stderr
    assert "pictures were encoded by openvino" in indexed.stderr
    assert json.loads(indexed.stdout)["encoded"] == 5
    kept = sorted(path.name.split("-")[0] for path in Path(".shoplens/exports").glob("*/*"))
    assert kept == ["pictures", "text"]
    found = []
    for runtime in ("openvino", "torch"):
        done = run("search", "red mug", "--runtime", runtime, "--json")
        assert done.exit_code == 0, done.stderr
        found.append(json.loads(done.stdout)["products"])
    ours, plain = found
    assert {one["id"] for one in ours} == {one["id"] for one in plain}
    scores = {one["id"]: one["score"] for one in plain}
    assert all(abs(one["score"] - scores[one["id"]]) < 0.02 for one in ours)


def test_the_environment_chooses_the_runtime(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert os.environ["SHOPLENS_RUNTIME"] == "torch"
    assert "encoded by torch fp32 on cpu" in run("index", shop).stderr
    assert not Path(".shoplens/exports").exists()
    monkeypatch.setenv("SHOPLENS_RUNTIME", "something")
    refused = run("index", shop)
    assert refused.exit_code == 2
    assert "something" in refused.stderr
