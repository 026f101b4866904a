"""``shoplens eval`` and ``shoplens report`` over a small shop, with an adapter and through an index."""

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from retriever.adapter import Adapter, AdapterConfig, Provenance, save_adapter
from retriever.encoder import Encoder

Run = Callable[..., Result]


def adapter(folder: Path, encoder: Encoder, backbone: str | None = None) -> None:
    made = Adapter(AdapterConfig(kind="naive", dim=encoder.dim, bottleneck=4))
    save_adapter(made, folder, Provenance(backbone or encoder.fingerprint, encoder.spec), "# card")


def test_eval_and_report(run: Run, shop: Path, tmp_path: Path, tiny_encoder: Encoder) -> None:
    adapter(tmp_path / ".shoplens" / "adapters" / "first", tiny_encoder)
    assert run("index", shop).exit_code == 0
    done = run(
        *("eval", shop, "--split", "all", "--adapter", "first", "--index", "products"),
        *("--suite", "known-item", "--suite", "attribute", "--least", "1"),
        *("--report", "page.html", "--json"),
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["methods"] == ["zero-shot", "first"]
    assert found["products"] == 5
    known, attribute = found["suites"]
    assert known["queries"] == 5
    # Five products: all of them are among the first ten.
    assert known["rows"][0]["scores"]["Recall@10"]["mean"] == 1.0
    # One product answers each query ("red mug"), and ten are looked at.
    assert attribute["rows"][0]["scores"]["P@10"]["mean"] == 0.1
    assert [cost["overlap"]["mean"] for cost in found["index"]] == [1.0, 1.0]
    assert "Red mug" in (tmp_path / "page.html").read_text("utf-8")

    told = run("report", "-o", "again.html")
    assert told.exit_code == 0, told.output
    again = (tmp_path / "again.html").read_text("utf-8")
    assert again == (tmp_path / "page.html").read_text("utf-8")


def test_eval_for_a_person(run: Run, shop: Path) -> None:
    done = run("eval", shop, "--split", "all", "--least", "1")
    assert done.exit_code == 0, done.output
    assert "Recall@10" in done.stdout
    assert "typed" in done.stdout
    assert "shoplens report" in done.stderr


def test_mistakes_are_told(run: Run, shop: Path, tmp_path: Path, tiny_encoder: Encoder) -> None:
    done = run("eval", shop, "--suite", "nonsense")
    assert (done.exit_code, "there is none" in done.stderr) == (2, True)
    done = run("eval", shop, "--adapter", "missing")
    assert (done.exit_code, "there is none of that name" in done.stderr) == (2, True)
    adapter(tmp_path / "other", tiny_encoder, backbone="0" * 32)
    done = run("eval", shop, "--adapter", "other")
    assert (done.exit_code, "was trained on the backbone" in done.stderr) == (2, True)
    done = run("report")
    assert (done.exit_code, "holds no results" in done.stderr) == (2, True)
