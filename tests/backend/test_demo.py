"""The demo as a user runs it: real drawings, the bundled backbone, the real engine."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.cli import app


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    result = CliRunner().invoke(app, ["demo", "--data-dir", str(folder), "--encoder", "mini"])
    assert result.exit_code == 0, result.output
    assert "shoplens catalogue check" in result.output
    assert (folder / "demo-gallery.html").stat().st_size > 20_000
    return folder


def search(data_dir: Path, query: str, *options: str) -> list[dict[str, object]]:
    arguments = ["search", query, "--name", "demo", "--data-dir", str(data_dir)]
    arguments += ["--encoder", "mini", "--json", *options]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    lines = (data_dir / "demo-shop" / "visual.jsonl").read_text().splitlines()
    visual = {record["id"]: record for record in map(json.loads, lines)}
    return [visual[found["id"]] for found in json.loads(result.stdout)["products"]]


def test_the_orange_plush_toys_come_first(data_dir: Path) -> None:
    found = search(data_dir, "a small orange plush toy with big eyes", "-k", "5")
    right = [v for v in found if (v["type"], v["colour"]) == ("plush toy", "orange")]
    assert len(right) >= 4
    exact = [v for v in right if v["size"] == "small" and "big eyes" in v["parts"]]
    assert len(exact) >= 3


@pytest.mark.parametrize(
    ("colour", "kind"), [("yellow", "banana"), ("red", "sneaker"), ("green", "sofa")]
)
def test_colour_and_type_are_found(data_dir: Path, colour: str, kind: str) -> None:
    found = search(data_dir, f"a {colour} {kind}", "-k", "3")
    assert any((v["type"], v["colour"]) == (kind, colour) for v in found)


def test_varied_products_are_still_what_was_asked_for(data_dir: Path) -> None:
    plain, varied = (
        search(data_dir, "a handbag", "-k", "8", *option) for option in ([], ["--diverse"])
    )
    assert varied != plain
    assert len({v["colour"] for v in varied}) >= 5
    assert sum(v["department"] == plain[0]["department"] for v in varied) >= 7


def test_a_second_run_draws_and_encodes_nothing(data_dir: Path) -> None:
    arguments = ["demo", "--data-dir", str(data_dir), "--encoder", "mini"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "(0 pictures encoded)" in result.output
