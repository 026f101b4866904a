"""``shoplens train``, ``sweep`` and what follows them, on a catalogue whose brands are made up."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def brands(tmp_path: Path) -> Path:
    """90 products: a brand is a shade that no text tower could know."""
    folder = tmp_path / "brands"
    folder.mkdir()
    with (folder / "catalogue.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "category", "image"])
        for number in range(90):
            brand = number % 3
            image = Image.new("RGB", (48, 48), [(250, 20, 20), (20, 250, 20), (20, 20, 250)][brand])
            ImageDraw.Draw(image).rectangle((4, 4, 6 + number % 30, 40), fill=(number, 90, 200))
            image.save(folder / f"{number}.png")
            title = f"{('Zorp', 'Quill', 'Wug')[brand]} thing {number}"
            writer.writerow([f"p{number}", title, "Things", f"{number}.png"])
    return folder / "catalogue.csv"


def test_train_and_serve(run: Run, brands: Path, tmp_path: Path) -> None:
    assert run("index", brands).exit_code == 0
    done = run("train", brands, "--as", "mine", "--epochs", "8", "--keep", "0", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    folder = tmp_path / ".shoplens" / "adapters" / "mine"
    assert (told["name"], told["recipe"]["words"]) == ("mine", True)
    assert told["metrics"]["split"] == "test"
    assert 0 <= told["metrics"]["zero_shot"]["recall@10"] <= told["metrics"]["adapted"]["recall@10"]
    assert "| recall@10 |" in (folder / "README.md").read_text("utf-8")
    assert not (tmp_path / ".shoplens" / "training" / "mine.pt").exists()

    listed = json.loads(run("adapter", "list", "--json").stdout)
    mine = next(row for row in listed["adapters"] if row["name"] == "mine")
    assert mine["recall_after"] == told["metrics"]["adapted"]["recall@10"]
    assert mine["trained_on"].startswith("catalogue.csv")
    assert run("adapter", "use", "mine").exit_code == 0
    found = run("search", "Wug thing", "--json")
    assert found.exit_code == 0, found.output
    assert len(json.loads(found.stdout)["products"]) == 10
    measured = run("eval", brands, "--adapter", "mine", "--suite", "known-item", "--json")
    assert measured.exit_code == 0, measured.output
    rows = json.loads(measured.stdout)["suites"][0]["rows"]
    adapted = rows[1]["scores"]["Recall@10"]["mean"]
    assert adapted == pytest.approx(told["metrics"]["adapted"]["recall@10"])


def test_a_sweep_gives_a_recipe_to_train(run: Run, brands: Path, tmp_path: Path) -> None:
    done = run("sweep", brands, "--trials", "2", "--json")
    assert done.exit_code == 0, done.output
    recipe = json.loads(done.stdout)["recipe_file"]
    trained = run("train", brands, "--recipe", recipe, "--epochs", "1", "--keep", "0")
    assert trained.exit_code == 0, trained.output
    assert "shoplens adapter use catalogue" in trained.stderr


def test_the_suggested_evaluation_is_of_the_same_split(run: Run, brands: Path) -> None:
    done = run("train", brands, "--seed", "1", "--epochs", "1", "--keep", "0")
    assert done.exit_code == 0, done.output
    assert "--report report.html --seed 1" in " ".join(done.stderr.split())
    other = run("eval", brands, "--adapter", "catalogue")
    assert (other.exit_code, "give --seed 1" in " ".join(other.stderr.split())) == (2, True)


def test_mistakes_are_told(run: Run, brands: Path) -> None:
    for options, message in (
        (("--recipe", "best"), "no recipe 'best'"),
        (("--loss", "guess"), "no loss 'guess'"),
        (("--alpha", "2"), "between 0 and 1"),
        (("--as", "identity"), "names zero-shot"),
    ):
        done = run("train", brands, *options)
        assert (done.exit_code, message in " ".join(done.stderr.split())) == (2, True), done.output


def test_a_bundled_name_is_taken_over_with_a_warning(run: Run, brands: Path) -> None:
    done = run("train", brands, "--as", "fashion", "--epochs", "1", "--keep", "0")
    assert done.exit_code == 0, done.output
    assert "'fashion' is bundled" in " ".join(done.output.split())
