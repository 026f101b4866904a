import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from retriever.catalogue import Catalogue, RoleOverrides
from retriever.catalogue.fetch import PictureFetcher
from retriever.catalogue.pictures import picture_of
from retriever.errors import PictureError


class Shop:
    """A web server on this machine: ``replies`` are given in turn for each path, the last for ever."""

    def __init__(self) -> None:
        self.replies: dict[str, list[tuple[int, bytes]]] = {}
        self.asked: list[str] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.asked.append(self.path)
                replies = shop.replies.get(self.path, [(404, b"")])
                status, body = replies.pop(0) if len(replies) > 1 else replies[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body.decode())
                    body = b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def web() -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.server.serve_forever, args=(0.01,))
    thread.start()
    yield shop
    shop.server.shutdown()
    thread.join()
    shop.server.server_close()


@pytest.fixture
def fetcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PictureFetcher]:
    monkeypatch.setattr("retriever.catalogue.fetch._PAUSE_S", 0.001)
    fetcher = PictureFetcher(tmp_path / "cache")
    yield fetcher
    fetcher.close()


def test_a_picture_is_fetched_once(web: Shop, fetcher: PictureFetcher, png: bytes) -> None:
    web.replies["/a.png"] = [(200, png)]
    first = fetcher.fetch(web.url + "/a.png")
    assert first.read_bytes() == png
    assert fetcher.fetch(web.url + "/a.png") == first
    assert web.asked == ["/a.png"]
    assert [file.name for file in first.parent.iterdir()] == [first.name]


def test_a_catalogue_of_addresses(web: Shop, tmp_path: Path, png: bytes) -> None:
    web.replies["/a.png"] = [(200, png)]
    file = tmp_path / "shop.csv"
    file.write_text(f"id,image_url\n1,{web.url}/a.png\n2,{web.url}/gone.png\n")
    catalogue = Catalogue.open(
        file, overrides=RoleOverrides(allow_urls=True), picture_cache=tmp_path / "cache"
    )
    (product,) = catalogue.products()
    assert product.picture is not None
    assert product.picture.read() == png
    (item,) = catalogue.report.set_aside
    assert (item.row, item.id) == (3, "2")
    assert "404" in item.reason


def test_failures_that_may_pass_are_tried_again(
    web: Shop, fetcher: PictureFetcher, png: bytes
) -> None:
    web.replies["/a.png"] = [(503, b""), (429, b""), (200, png)]
    assert fetcher.fetch(web.url + "/a.png").read_bytes() == png
    assert len(web.asked) == 3


def test_retries_are_bounded(web: Shop, fetcher: PictureFetcher) -> None:
    web.replies["/a.png"] = [(500, b"")]
    with pytest.raises(PictureError, match="the server replied 500"):
        fetcher.fetch(web.url + "/a.png")
    assert len(web.asked) == 3


def test_failures_that_stay_are_not_tried_again(web: Shop, fetcher: PictureFetcher) -> None:
    with pytest.raises(PictureError, match=r"/gone\.png cannot be fetched: the server replied 404"):
        fetcher.fetch(web.url + "/gone.png")
    assert len(web.asked) == 1


def test_a_page_is_no_picture_and_is_not_kept(
    web: Shop, fetcher: PictureFetcher, tmp_path: Path
) -> None:
    web.replies["/a.png"] = [(200, b"<html>")]
    with pytest.raises(PictureError, match="no usable picture"):
        fetcher.fetch(web.url + "/a.png")
    assert not (tmp_path / "cache").exists()


def test_the_size_is_limited_while_it_arrives(
    web: Shop, fetcher: PictureFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retriever.catalogue.fetch.MAX_BYTES", 1000)
    web.replies["/a.png"] = [(200, b"x" * 5000)]
    with pytest.raises(PictureError, match="larger than 1,000 bytes"):
        fetcher.fetch(web.url + "/a.png")


def test_redirects_stay_on_the_web(web: Shop, fetcher: PictureFetcher, png: bytes) -> None:
    web.replies = {"/a": [(302, b"/b")], "/b": [(200, png)], "/c": [(302, b"file:///etc/passwd")]}
    assert fetcher.fetch(web.url + "/a").read_bytes() == png
    with pytest.raises(PictureError, match="cannot be fetched"):
        fetcher.fetch(web.url + "/c")


def test_no_server(fetcher: PictureFetcher) -> None:
    with pytest.raises(PictureError, match="cannot be fetched"):
        fetcher.fetch("http://127.0.0.1:1/a.png")
    with pytest.raises(PictureError, match="cannot be fetched"):
        fetcher.fetch("http://[broken/a.png")
    for host in ("a" * 70 + ".com", "a..b", "xn--a.com"):
        with pytest.raises(PictureError, match="cannot be fetched"):
            fetcher.fetch(f"http://{host}/a.png")


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("https://shop.example/a.png", "--allow-urls"),
        ("HTTP://shop.example/a.png", "--allow-urls"),
        ("data:image/png;base64,AAAA", "data: address"),
        ("ftp://shop.example/a.png", "only paths, http and https"),
        ("file:///a.png", "only paths, http and https"),
    ],
)
def test_addresses_are_refused_unless_allowed(tmp_path: Path, cell: str, why: str) -> None:
    with pytest.raises(PictureError, match=why):
        picture_of(cell, base=tmp_path, aspect=None, fetcher=None)


def test_cells_of_every_kind(tmp_path: Path, png: bytes) -> None:
    def source(cell: object) -> object:
        picture = picture_of(cell, base=tmp_path, aspect=(3, 4), fetcher=None)
        assert picture is None or picture.aspect == (3, 4)
        return picture and picture.source

    assert source("a.png") == tmp_path / "a.png"
    assert source([{"src": "a.png"}]) == tmp_path / "a.png"
    assert source("/pictures/a.png") == Path("/pictures/a.png")
    assert source("C:/a.png") == tmp_path / "C:/a.png"
    assert source(["", "b.png", "c.png"]) == tmp_path / "b.png"
    assert source(png) == png
    assert source({"bytes": png, "path": "a.png"}) == png
    assert source({"bytes": None, "path": "a.png"}) == tmp_path / "a.png"
    assert source({"bytes": None, "path": None}) is None
    assert source([]) is None
