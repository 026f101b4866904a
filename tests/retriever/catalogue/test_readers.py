import datetime
import decimal
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retriever.catalogue import Catalogue
from retriever.catalogue.formats import reader_for
from retriever.errors import CatalogueError

Write = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shop.csv", 'id,name\n1,"a, b"\n'),
        ("shop.csv", '\ufeffid,name\r\n1,"a, b"\r\n'),
        ("shop.csv", 'id;name\n1;"a, b"\n'),
        ("shop.csv", 'id\tname\n1\t"a, b"\n'),
        ("SHOP.TSV", "id\tname\n1\ta, b\n"),
    ],
)
def test_tables_with_any_delimiter(write: Write, name: str, text: str) -> None:
    reader = reader_for(write(name, text))
    assert reader.columns() == ["id", "name"]
    assert [(row.number, row.cells) for row in reader.rows()] == [(2, {"id": "1", "name": "a, b"})]


def test_rows_are_numbered_by_the_line_they_start_on(write: Write) -> None:
    reader = reader_for(write("shop.csv", 'id,name\n1,"two\nlines"\n\n2,x\n3\n4,x,y\n'))
    rows = list(reader.rows())
    assert [row.number for row in rows] == [2, 5, 6, 7]
    assert rows[0].cells["name"] == "two\nlines"
    assert rows[2].problem == "has 1 cells where the header has 2"
    assert rows[3].problem == "has 3 cells where the header has 2"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"id,name,id\n", "columns 1, 3 are both named 'id'"),
        (b"id,,name\n", "column 2 has no name"),
        (b"id,name\n1,x\n2,caf\xe9\n", "line 3: byte 0xe9 at position 6 is not UTF-8"),
        (b'id,name\n1,"x\n2,y\n', "lines 2-3: .*check its quotes"),
    ],
)
def test_tables_that_cannot_be_read(shop: Path, data: bytes, why: str) -> None:
    file = shop / "shop.csv"
    file.write_bytes(data)
    reader = reader_for(file)
    with pytest.raises(CatalogueError, match=why):
        list(reader.rows())


def test_json_lines(write: Write) -> None:
    text = (
        '\ufeff{"id": 1, "price": {"amount": 2, "currency": "EUR"}, "size": {"cm": {"w": 3}}}\n'
        "\n"
        '{"id": 2, "tags": ["a", "b"], "image": {"path": "a.png"}}\n'
    )
    reader = reader_for(write("shop.jsonl", text))
    assert reader.columns() == ["id", "price", "size.cm.w", "tags", "image"]
    first, second = reader.rows()
    assert first.cells == {"id": 1, "price": {"amount": 2, "currency": "EUR"}, "size.cm.w": 3}
    assert second.number == 3
    assert second.cells == {"id": 2, "tags": ["a", "b"], "image": {"path": "a.png"}}


def test_bad_json_lines_are_set_aside_one_by_one(shop: Path) -> None:
    file = shop / "shop.jsonl"
    deep = b"[" * 100_000
    file.write_bytes(
        b'{"id": 1}\n{"id": }\n[1]\n{"id": "\xff"}\n'
        + deep
        + b'\n{"id": "\\ud800"}\n{"id": "\\ud83d\\ude00"}\n'
    )
    problems = {row.number: row.problem for row in reader_for(file).rows() if row.problem}
    assert list(problems) == [2, 3, 4, 5, 6]
    assert "is not JSON" in problems[2]
    assert "not a JSON object but list" in problems[3]
    assert "0xff at position 9" in problems[4]
    assert "half a character" in problems[6]


@pytest.mark.parametrize(("text", "why"), [("", "it is empty"), ("{\n", "line 1 is not JSON")])
def test_json_lines_without_any_product(write: Write, text: str, why: str) -> None:
    with pytest.raises(CatalogueError, match=why):
        reader_for(write("shop.jsonl", text)).columns()


def test_parquet_types(shop: Path, png: bytes) -> None:
    table = pa.table(
        {
            "id": pa.array([1], pa.int64()),
            "cost": pa.array([decimal.Decimal("12.50")]),
            "since": pa.array([datetime.date(2024, 5, 1)]),
            "kind": pa.array(["bag"]).dictionary_encode(),
            "tags": pa.array([["a", "b"]]),
            "size": pa.array([{"w": 3, "h": {"cm": 4}}]),
            "price": pa.array([{"amount": 2.0, "currency": "EUR"}]),
            "image": pa.array([{"bytes": png, "path": "x.png"}]),
            "raw": pa.array([b"abc"], pa.large_binary()),
        }
    )
    pq.write_table(table, shop / "shop.parquet")
    reader = reader_for(shop / "shop.parquet")
    (row,) = reader.rows()
    assert reader.columns() == list(row.cells)
    assert reader.binary_columns() == {"image", "raw"}
    assert row.number == 1
    assert row.cells == {
        "id": 1,
        "cost": 12.5,
        "since": "2024-05-01",
        "kind": "bag",
        "tags": ["a", "b"],
        "size.w": 3,
        "size.h.cm": 4,
        "price": {"amount": 2.0, "currency": "EUR"},
        "image": {"bytes": png, "path": "x.png"},
        "raw": b"abc",
    }
    (without,) = reader.rows(skip={"image", "raw"})
    assert "image" not in without.cells


def test_damaged_parquet(shop: Path) -> None:
    file = shop / "shop.parquet"
    file.write_bytes(b"PAR1 nothing of the kind")
    with pytest.raises(CatalogueError, match="cannot be read as Parquet"):
        reader_for(file).columns()


def test_parquet_with_a_column_twice(shop: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["id", "id"])
    pq.write_table(table, shop / "shop.parquet")
    with pytest.raises(CatalogueError, match="two columns 'id'"):
        reader_for(shop / "shop.parquet").columns()


def test_a_folder_of_pictures(shop: Path, png: bytes) -> None:
    for name in ("rain-boots/red_boot.JPG", "rain-boots/.hidden.png", "notes.txt"):
        (shop / name).parent.mkdir(exist_ok=True)
        (shop / name).write_bytes(png)
    reader = reader_for(shop)
    assert [(row.number, row.cells) for row in reader.rows()] == [
        (1, {"id": "a", "title": "a", "category": "", "picture": str(shop / "a.png")}),
        (
            2,
            {
                "id": "rain-boots/red_boot",
                "title": "red boot",
                "category": "rain boots",
                "picture": str(shop / "rain-boots" / "red_boot.JPG"),
            },
        ),
    ]
    assert reader.notes() == ["1 other files in the folder are not pictures: notes.txt"]


def test_links_in_a_folder_of_pictures_are_not_forgotten(shop: Path) -> None:
    (shop / "lost.png").symlink_to("nowhere.png")
    (shop / "again").symlink_to(shop)
    (shop / "odd.png").mkdir()
    (shop / "other.png").symlink_to("odd.png")
    os.mkfifo(shop / "pipe.png")
    reader = reader_for(shop)
    assert [row.cells["id"] for row in reader.rows()] == ["a", "lost"]
    assert reader.notes() == [
        "3 other files in the folder are not pictures: again, other.png, pipe.png"
    ]
    report = Catalogue.open(shop).check()
    [lost] = report.set_aside
    assert (report.kept, lost.id, lost.kind) == (1, "lost", "unusable picture")


def test_a_folder_that_cannot_be_listed_ends_the_reading(
    shop: Path, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = shop / "locked"
    locked.mkdir()
    (locked / "b.png").write_bytes(png)
    scandir = os.scandir

    def refused(path: str) -> object:
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refused)
    with pytest.raises(CatalogueError, match=r"locked cannot be read: Permission denied; correct"):
        reader_for(shop).columns()


def test_a_file_name_that_is_not_utf_8_is_set_aside(shop: Path, png: bytes) -> None:
    try:
        Path(os.fsdecode(os.fsencode(shop / "caf") + b"\xe9.png")).write_bytes(png)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    first, second = reader_for(shop).rows()
    assert (first.number, first.problem) == (1, "")
    assert second.number == 2
    assert "not UTF-8 ('caf\\udce9.png')" in second.problem


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="holds no pictures"):
        reader_for(tmp_path).columns()


def test_unknown_formats_name_the_known_ones(write: Write, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"\.csv, \.tsv, \.jsonl"):
        reader_for(write("shop.xlsx", ""))
    with pytest.raises(CatalogueError, match="does not exist"):
        reader_for(tmp_path / "gone.csv")


def test_a_long_cell_is_read(write: Write) -> None:
    path = write("c.csv", f'id,description\n1,"{"x" * 200_000}"\n')
    assert [len(str(row.cells["description"])) for row in reader_for(path).rows()] == [200_000]


def test_line_ends_of_old_macs_are_named(write: Write) -> None:
    with pytest.raises(CatalogueError, match="line ends"):
        list(reader_for(write("c.csv", "id,title\r1,a\r2,b\r")).rows())


def test_times_finer_than_python_has_are_cut(shop: Path) -> None:
    times = pa.array([1_700_000_000_000_000_001], pa.timestamp("ns"))
    pq.write_table(pa.table({"id": ["1"], "at": times}), shop / "c.parquet", version="2.6")
    (row,) = reader_for(shop / "c.parquet").rows()
    assert row.cells["at"] == "2023-11-14T22:13:20"


def test_dates_beyond_python_are_an_error_that_says_where(shop: Path) -> None:
    dates = pa.array([36_520_590], pa.date32())
    pq.write_table(pa.table({"id": ["1"], "on": dates}), shop / "c.parquet")
    with pytest.raises(CatalogueError, match=r"c\.parquet, after row 0"):
        list(reader_for(shop / "c.parquet").rows())
