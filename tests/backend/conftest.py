"""A small shop on disk, and the command line to run over it."""

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner, Result

from backend.cli import app
from tests.postgres import fresh_database, installed, running_postgres

Run = Callable[..., Result]

SHOP = [
    ("p1", "Red mug", "Kitchen", "12.00", "red", (200, 30, 30)),
    ("p2", "Blue mug", "Kitchen", "14.00", "blue", (30, 60, 200)),
    ("p3", "Red sofa", "Furniture", "600.00", "red", (180, 20, 40)),
    ("p4", "Green lamp", "Furniture", "80.00", "green", (30, 160, 60)),
    ("p5", "Orange plush toy", "Toys", "9.50", "orange", (240, 140, 20)),
]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """``catalogue.csv`` of five products, and one row whose picture is missing."""
    folder = tmp_path / "shop"
    folder.mkdir()
    with (folder / "catalogue.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "category", "price", "colour", "image", "currency"])
        for product_id, title, category, price, colour, rgb in SHOP:
            image = Image.new("RGB", (48, 48), "white")
            ImageDraw.Draw(image).ellipse((8, 8, 40, 40), fill=rgb)
            image.save(folder / f"{product_id}.png")
            writer.writerow(
                [product_id, title, category, price, colour, f"{product_id}.png", "EUR"]
            )
        writer.writerow(["p6", "Lost", "Toys", "1.00", "red", "nowhere.png", "EUR"])
    return folder / "catalogue.csv"


@pytest.fixture
def run(tmp_path: Path, tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``shoplens`` in this process, in an empty folder, with the tiny encoder by default."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPLENS_ENCODER", str(tiny_backbone))
    for name in ("SHOPLENS_DATA_DIR", "QDRANT_URL", "QDRANT_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: the one that is set, else one started here for the session."""
    given = os.environ.get("SHOPLENS_TEST_POSTGRES")
    if given:
        yield given
        return
    programs = installed()
    if programs is None:
        pytest.skip("needs PostgreSQL: install its server, or set SHOPLENS_TEST_POSTGRES to a URL")
    with running_postgres(programs) as url:
        yield url


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of a new database of that server."""
    pytest.importorskip("psycopg", reason="needs the extra: shoplens[postgres]")
    with fresh_database(postgres_server) as url:
        yield url
