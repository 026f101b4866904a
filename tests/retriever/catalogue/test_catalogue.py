import io
import struct
import zlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from retriever.catalogue import Catalogue, RoleOverrides
from retriever.catalogue.parquet import ParquetReader
from retriever.catalogue.reader import RawRow
from retriever.errors import CatalogueError
from retriever.product import Price

Write = Callable[[str, str], Path]


def bomb() -> bytes:
    """The start of a PNG that claims 60,000 x 60,000 pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    header = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 0) + b"IDAT"


def test_a_row_becomes_a_checked_product(write: Write, shop: Path) -> None:
    file = write(
        "shop.csv",
        "sku,name,Beschreibung,Vendor,articleType,price,Größe,new,image\n"
        'B-1, Red bag ,So red,Acme,Bags,"12,50 €",38,yes,a.png\n'
        "B-2,NA,,,,,,,a.png\n",
    )
    catalogue = Catalogue.open(file, overrides=RoleOverrides(roles={"description": "Beschreibung"}))
    full, bare = catalogue.products()
    assert full.model_dump() == {
        "id": "B-1",
        "title": "Red bag",
        "description": "So red",
        "brand": "Acme",
        "category": "Bags",
        "price": Price(amount=12.5, currency="EUR").model_dump(),
        "attributes": {"grosse": 38.0, "new": True},
    }
    assert full.picture is not None
    assert full.picture.source == shop / "a.png"
    assert bare.model_dump(exclude_defaults=True) == {"id": "B-2"}
    assert catalogue.fields == {
        "brand": "keyword",
        "category": "keyword",
        "price": "number",
        "currency": "keyword",
        "grosse": "number",
        "new": "bool",
    }
    assert catalogue.rows == 2


def test_every_unusable_row_is_set_aside_with_its_number_and_reason(
    write: Write, shop: Path
) -> None:
    (shop / "bomb.png").write_bytes(bomb())
    noise = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(noise, "JPEG")
    (shop / "cut.jpg").write_bytes(noise.getvalue()[: len(noise.getvalue()) // 2])
    file = write(
        "shop.csv",
        "id,title,image\n"
        "1,good,a.png\n"  # line 2
        ",no id,a.png\n"
        "1,twice,a.png\n"
        "2,no picture,\n"
        "3,gone,gone.png\n"
        "4,bomb,bomb.png\n"
        "5,cut,cut.jpg\n"
        "6,address,http://127.0.0.1:1/a.png\n"
        "7,short\n"
        f"{'8' * 600},long,a.png\n"
        "9,good,a.png\n",
    )
    catalogue = Catalogue.open(file)
    assert [product.id for product in catalogue.products()] == ["1", "9"]
    found = [(item.row, item.id, item.kind) for item in catalogue.report.set_aside]
    assert found == [
        (3, None, "no id"),
        (4, "1", "duplicate id"),
        (5, "2", "no picture"),
        (6, "3", "unusable picture"),
        (7, "4", "unusable picture"),
        (8, "5", "unusable picture"),
        (9, "6", "unusable picture"),
        (10, None, "malformed row"),
        (11, "8" * 80, "not valid"),
    ]
    reasons = {item.row: item.reason for item in catalogue.report.set_aside}
    assert reasons[4] == "has the id of line 2"
    assert "No such file" in reasons[6]
    assert "absurdly large" in reasons[7]
    assert "cannot be decoded" in reasons[8]
    assert "--allow-urls" in reasons[9]
    assert "512" in reasons[11]
    assert (catalogue.report.read, catalogue.report.kept) == (11, 2)
    assert str(catalogue.report.set_aside[1]) == "4 (1): has the id of line 2"


def test_bad_prices_leave_the_product_and_a_warning(write: Write) -> None:
    file = write(
        "shop.csv",
        "id,image,price,currency\n1,a.png,abc,EUR\n2,a.png,5,EUR\n3,a.png,5,gold\n4,a.png,,\n",
    )
    catalogue = Catalogue.open(file)
    prices = [product.price for product in catalogue.products()]
    assert prices == [None, Price(amount=5, currency="EUR"), None, None]
    assert catalogue.report.warnings == [
        'line 2: price "abc" is not an amount of money, left out',
        "line 4: price \"5\" has an unknown currency 'gold', left out",
    ]


def test_a_price_without_any_currency_is_kept_and_noted(write: Write) -> None:
    file = write("shop.csv", "id,image,price\n1,a.png,5\n")
    catalogue = Catalogue.open(file)
    assert [str(product.price) for product in catalogue.products()] == ["5.00"]
    assert any("without a currency" in note for note in catalogue.notes)
    told = Catalogue.open(file, overrides=RoleOverrides(currency="EUR"))
    assert [str(product.price) for product in told.products()] == ["5.00 EUR"]
    assert not any("without a currency" in note for note in told.notes)


def test_the_currency_comes_from_the_columns_name(write: Write) -> None:
    catalogue = Catalogue.open(write("shop.csv", "id,image,price_usd\n1,a.png,5\n"))
    assert [str(product.price) for product in catalogue.products()] == ["5.00 USD"]


def test_the_settings_beside_the_catalogue_are_found(write: Write, shop: Path) -> None:
    (shop / "pictures").mkdir()
    (shop / "a.png").rename(shop / "pictures" / "a.png")
    write(
        "catalogue.toml",
        '[roles]\ntitle = "label2"\n[picture]\nbase = "pictures"\naspect = "3:4"\n',
    )
    file = write("shop.csv", "id,label2,image\n1,Bag,a.png\n")
    catalogue = Catalogue.open(file)
    (product,) = catalogue.products()
    assert product.title == "Bag"
    assert product.picture is not None
    assert product.picture.open().size == (6, 8)
    flags = RoleOverrides(roles={"title": "id"})
    assert Catalogue.open(file, overrides=RoleOverrides(aspect=(1, 1))).roles.columns["title"] == (
        "label2"
    )
    with pytest.raises(CatalogueError, match="looks like the id"):  # the flag took the id's column
        Catalogue.open(file, overrides=flags)
    other = write("other.toml", '[picture]\nbase = "elsewhere"\n')
    assert list(Catalogue.open(file, config=other).products()) == []


def test_prose_is_kept_but_is_no_filter(write: Write) -> None:
    rows = "".join(f"{n},a.png,{'long words ' * 10}{n}\n" for n in range(4))
    catalogue = Catalogue.open(write("shop.csv", "id,image,care\n" + rows))
    assert catalogue.fields == {}
    (summary,) = catalogue.summaries
    assert (summary.name, summary.type, summary.filterable) == ("care", "text", False)
    assert all(product.attributes["care"] for product in catalogue.products())


def test_json_lines_with_lists_prices_and_bad_lines(write: Write) -> None:
    file = write(
        "shop.jsonl",
        '{"id": 1, "image": ["a.png"], "price": {"amount": 5, "currency": "EUR"}, '
        '"sizes": ["S", "M"], "dim": {"w": 3}}\n'
        "{oops\n"
        '{"id": 2, "image": "a.png", "price": "US$ 7", "sizes": "L"}\n'
        '{"id": 3, "image": "a.png", "title": "\\ud800"}\n',
    )
    catalogue = Catalogue.open(file)
    first, second = catalogue.products()
    assert first.attributes == {"sizes": ["S", "M"], "dim_w": 3.0}
    assert str(first.price) == "5.00 EUR"
    assert second.attributes == {"sizes": ["L"]}
    assert str(second.price) == "7.00 USD"
    assert [(item.row, item.kind) for item in catalogue.report.set_aside] == [
        (2, "malformed row"),
        (4, "malformed row"),
    ]
    assert catalogue.fields["sizes"] == "keyword"


def test_parquet_with_pictures_inside_reads_them_in_the_second_pass_only(
    shop: Path, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipped: list[set[str]] = []
    rows = ParquetReader.rows

    def spied_rows(self: ParquetReader, skip: Collection[str] = ()) -> Iterator[RawRow]:
        skipped.append(set(skip))
        return rows(self, skip)

    monkeypatch.setattr(ParquetReader, "rows", spied_rows)
    pictures = [{"bytes": png, "path": None}, {"bytes": b"junk", "path": None}, None]
    table = pa.table({"id": ["1", "2", "3"], "image": pictures, "colour": ["red", "NA", None]})
    pq.write_table(table, shop / "shop.parquet")
    catalogue = Catalogue.open(shop / "shop.parquet")
    assert catalogue.row_word == "row"
    assert catalogue.fields == {"colour": "keyword"}
    (product,) = catalogue.products()
    assert skipped == [{"image"}, set()]
    assert product.picture is not None
    assert product.picture.source == png
    assert [(item.row, item.kind) for item in catalogue.report.set_aside] == [
        (2, "unusable picture"),
        (3, "no picture"),
    ]


def test_a_folder_of_pictures_is_a_catalogue(shop: Path, png: bytes) -> None:
    (shop / "shoes").mkdir()
    (shop / "shoes" / "red-boot.png").write_bytes(png)
    (shop / "shoes" / "red-boot.jpg").write_bytes(png)
    catalogue = Catalogue.open(shop)
    products = list(catalogue.products())
    assert [(product.id, product.title, product.category) for product in products] == [
        ("a", "a", None),
        ("shoes/red-boot", "red boot", "shoes"),
    ]
    (item,) = catalogue.report.set_aside
    assert (item.row, item.kind, item.reason) == (3, "duplicate id", "has the id of file 2")
    assert catalogue.fields == {"category": "keyword"}


def test_every_pass_starts_afresh(write: Write) -> None:
    catalogue = Catalogue.open(write("shop.csv", "id,image\n1,a.png\n1,a.png\n2,a.png\n"))
    seen: list[tuple[int, int]] = []
    first = list(catalogue.products(on_progress=lambda done, total: seen.append((done, total))))
    before = catalogue.report
    assert list(catalogue.products()) == first
    assert catalogue.report is not before
    assert catalogue.report == before
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_caller_that_decodes_sets_failures_aside_itself(write: Write) -> None:
    catalogue = Catalogue.open(write("shop.csv", "id,image\n1,a.png\n2,gone.png\n"))
    rows = list(catalogue.rows_with_products(check_pictures=False))
    assert [(row.row, row.product.id) for row in rows] == [(2, "1"), (3, "2")]
    catalogue.report.set_aside_row(3, "2", "picture gone.png cannot be read")
    assert (catalogue.report.read, catalogue.report.kept) == (2, 1)
    assert catalogue.report.set_aside[0].kind == "unusable picture"


def test_the_check_says_what_was_understood(write: Write, shop: Path) -> None:
    Image.new("RGB", (30, 20)).save(shop / "b.png")
    file = write(
        "shop.csv",
        "id,title,image,price_eur,size\n"
        "1,A,a.png,5,S\n2,B,b.png,7.5,M\n3,C,gone.png,abc,S\n,D,a.png,1,S\n,E,a.png,1,S\n",
    )
    report = Catalogue.open(file).check()
    assert (report.format, report.row_word, report.rows, report.kept) == ("csv", "line", 5, 2)
    assert report.roles == {"id": "id", "title": "title", "price": "price_eur", "picture": "image"}
    assert (report.smallest_picture, report.largest_picture) == ((12, 8), (30, 20))
    assert [(kind, len(rows)) for kind, rows in report.set_aside_by_kind().items()] == [
        ("no id", 2),
        ("unusable picture", 1),
    ]
    told = report.to_dict()
    assert told["warnings"] == ['line 4: price "abc" is not an amount of money, left out']
    assert told["smallest_picture"] == [12, 8]
    fields = {field["name"]: field for field in told["fields"]}  # type: ignore[attr-defined]
    assert (fields["price"]["low"], fields["price"]["high"]) == (1, 7.5)
    assert fields["size"]["examples"] == ["S", "M"]
    assert fields["size"]["distinct"] == 2
    assert fields["currency"]["examples"] == ["EUR"]


@pytest.mark.parametrize(
    ("text", "why"),
    [("id,image\n", "no rows"), ("name,image\n1,a.png\n", "no column looks like the id")],
)
def test_catalogues_that_make_no_sense_are_named(write: Write, text: str, why: str) -> None:
    with pytest.raises(CatalogueError, match=rf"shop\.csv: .*{why}"):
        Catalogue.open(write("shop.csv", text))


def test_a_catalogue_that_changes_while_it_is_read(write: Write) -> None:
    file = write("shop.csv", "id,image,size\n1,a.png,38\n")
    catalogue = Catalogue.open(file)
    write("shop.csv", "id,image,size\n1,a.png,M\n")
    with pytest.raises(CatalogueError, match="changed while it was being read"):
        list(catalogue.products())


def test_an_unusable_row_claims_no_id(write: Write) -> None:
    path = write("c.csv", "id,title,picture\n1,bad,\n1,good,a.png\n1,again,a.png\n")
    catalogue = Catalogue.open(path)
    assert [product.title for product in catalogue.products()] == ["good"]
    assert [(item.row, item.kind) for item in catalogue.report.set_aside] == [
        (2, "no picture"),
        (4, "duplicate id"),
    ]
