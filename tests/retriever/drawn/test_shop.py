"""Writing the shop: the files, the stamp, and runs that end early."""

import csv
import json
from pathlib import Path

import pytest

from retriever.drawn import TYPES, draw_shop
from retriever.errors import CatalogueError


def test_a_shop_is_written_once(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "shop"
    seen: list[tuple[int, int]] = []
    catalogue = draw_shop(
        folder, per_type=1, size=16, jobs=1, on_progress=lambda done, of: seen.append((done, of))
    )
    assert seen[-1] == (len(TYPES), len(TYPES))
    with catalogue.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    exact = [json.loads(line) for line in (folder / "visual.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == [visual["id"] for visual in exact]
    assert {visual["type"] for visual in exact} == set(TYPES)
    assert all((folder / row["image"]).is_file() for row in rows)
    assert all(float(row["price"]) > 0 and row["currency"] == "USD" for row in rows)

    before = catalogue.stat().st_mtime_ns
    assert draw_shop(folder, per_type=1, size=16, jobs=1) == catalogue
    assert catalogue.stat().st_mtime_ns == before
    draw_shop(folder, seed=1, per_type=1, size=16, jobs=1)
    assert "drawn-1-00000" in catalogue.read_text(encoding="utf-8")


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, _of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_shop(tmp_path / "shop", per_type=1, size=16, jobs=1, on_progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(CatalogueError, match="other files"):
        draw_shop(tmp_path, per_type=1, size=16, jobs=1)
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "keep me"
