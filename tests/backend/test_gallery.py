"""The gallery: pictures inside, text from the catalogue inert, nothing fetched."""

import io
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from backend.gallery import GalleryQuery, render_gallery, write_gallery
from retriever.errors import PictureError, SettingsError
from retriever.picture import Picture
from retriever.product import Price, Product
from retriever.retrieved import RetrievedProduct
from retriever.thumbnails import ThumbnailStore


class Page(HTMLParser):
    """The elements of a page as (tag, attributes), and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def picture(shade: int) -> Picture:
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), (shade, 90, 20)).save(buffer, format="PNG")
    return Picture(buffer.getvalue())


def found(rank: int = 1, picture_key: str = "", **fields: object) -> RetrievedProduct:
    product = Product.model_validate({"id": f"p{rank}", "title": f"Product {rank}", **fields})
    return RetrievedProduct(product, 0.5 - rank / 100, rank, picture_key)


@pytest.fixture
def store(tmp_path: Path) -> ThumbnailStore:
    return ThumbnailStore(tmp_path / "pictures")


def test_each_product_is_a_card_with_its_own_picture(store: ThumbnailStore) -> None:
    pictures = [picture(10), picture(200)]
    for one in pictures:
        store.add(one)
    retrieved = [found(rank, one.key) for rank, one in enumerate(pictures, 1)]
    page = Page(render_gallery(GalleryQuery("mugs"), retrieved, store))
    images = page.all("img")
    assert [image["alt"] for image in images] == ["Product 1", "Product 2"]
    assert len({image["src"] for image in images}) == 2
    assert all(str(image["src"]).startswith("data:image/jpeg;base64,") for image in images)
    assert len(page.all("li")) == 2


def test_a_card_tells_what_a_shopper_asks(store: ThumbnailStore) -> None:
    one = found(
        brand="Mesa",
        category="Kitchen",
        price=Price(amount=1250, currency="EUR"),
        attributes={"base_colour": "navy blue", "handles": 2.0, "washable": True},
    )
    query = GalleryQuery("a blue mug", where="price <= 2000", mode="hybrid")
    text = Page(render_gallery(query, [one], store)).text
    for part in (
        *("a blue mug", "price <= 2000", "reciprocal rank fusion", "Product 1", "p1", "0.490"),
        *("Mesa", "Kitchen", "1,250.00 EUR", "base colour", "navy blue", "handles", "2", "yes"),
    ):
        assert part in text


def test_text_from_the_catalogue_is_escaped(store: ThumbnailStore) -> None:
    attack = '"><script>alert(1)</script><img src="https://example.com/x" onerror="alert(2)">'
    one = found(
        title=attack, brand=attack, category=attack, attributes={"a": "<b>bold</b>"}, id=attack
    )
    html = render_gallery(GalleryQuery(attack, where=attack), [one], store)
    page = Page(html)
    assert page.all("script") == page.all("img") == page.all("b") == []
    assert "<script>alert(1)</script>" in page.text


def test_nothing_is_fetched_or_run(store: ThumbnailStore) -> None:
    page = Page(render_gallery(GalleryQuery("x"), [found()], store))
    assert not page.all("script") + page.all("link") + page.all("iframe")
    [policy] = [meta["content"] for meta in page.all("meta") if "http-equiv" in meta]
    assert str(policy).startswith("default-src 'none'")


def test_a_picture_that_was_not_kept_leaves_a_card_without_one(store: ThumbnailStore) -> None:
    page = Page(render_gallery(GalleryQuery("x"), [found(picture_key="0" * 32)], store))
    assert page.all("img") == []
    assert "no picture kept" in page.text


def test_the_query_picture_is_shown(store: ThumbnailStore) -> None:
    page = Page(render_gallery(GalleryQuery(picture=picture(3)), [], store))
    assert [image["alt"] for image in page.all("img")] == ["The picture that was searched with"]
    assert "Nothing in the catalogue fits" in page.text


def test_a_query_picture_that_cannot_be_decoded_is_an_error(store: ThumbnailStore) -> None:
    with pytest.raises(PictureError):
        render_gallery(GalleryQuery(picture=Picture(b"no")), [], store)


def test_a_gallery_is_written_whole_with_its_folder(tmp_path: Path, store: ThumbnailStore) -> None:
    path = tmp_path / "new" / "found.html"
    write_gallery(path, GalleryQuery("mugs"), [found()], store)
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [file.name for file in path.parent.iterdir()] == ["found.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, store: ThumbnailStore) -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        write_gallery(tmp_path, GalleryQuery("mugs"), [found()], store)
