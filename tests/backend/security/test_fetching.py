"""Pictures by address: from listed public hosts alone. The host is a real server on this machine."""

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from backend.security.fetching import Address, PictureFetcher, PictureHost, is_public
from retriever.errors import PictureError, SettingsError

HERE = ipaddress.ip_address("127.0.0.1")
PICTURE = b"\x89PNG a picture, as far as anyone here looks"


class Host(BaseHTTPRequestHandler):
    """``/picture``, ``/to?ADDRESS`` (a redirect), ``/endless``, ``/declared``, ``/silent``, ``/packed``."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str]]

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def do_GET(self) -> None:
        self.seen.append((self.headers["Host"], self.path))
        path, _, rest = self.path.partition("?")
        self.close_connection = True
        if path == "/to":
            self._head(302, {"Location": rest, "Content-Length": "0"})
        elif path == "/endless":
            self._head(200, {"Connection": "close"})
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        elif path == "/silent":
            self.server.stopping.wait(20)  # type: ignore[attr-defined]
        elif path == "/picture":
            self._head(200, {"Content-Type": "text/html", "Content-Length": str(len(PICTURE))})
            self.wfile.write(PICTURE)
        else:
            self._head(404, {"Content-Length": "0"})

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def hosted(tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """The host's port, and what it was asked as (Host header, path)."""
    seen: list[tuple[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Host,), {"seen": seen}))
    server.stopping = threading.Event()  # type: ignore[attr-defined]
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.stopping.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


def resolves(*addresses: str) -> Callable[[str, int], Any]:
    async def resolve(name: str, port: int) -> list[Address]:
        return [ipaddress.ip_address(address) for address in addresses]

    return resolve


def fetcher(*hosts: str, **given: Any) -> PictureFetcher:
    """One that may connect to this machine, whatever a name is said to resolve to."""
    options = {"resolve": resolves("127.0.0.1"), "allowed": lambda a: a == HERE, **given}
    return PictureFetcher(hosts, **options)


async def test_a_listed_host_is_asked_by_its_name_at_the_address_that_was_checked() -> None:
    with hosted() as (port, seen):
        host = f"http://pictures.example:{port}"
        found = await fetcher(host).read(f"http://Pictures.Example:{port}/picture?size=large")
        assert found == PICTURE
        assert seen == [(f"pictures.example:{port}", "/picture?size=large")]


async def test_bytes_and_none_are_passed_through() -> None:
    assert await PictureFetcher().read(b"bytes") == b"bytes"
    assert await PictureFetcher().read(None) is None


@pytest.mark.parametrize(
    "address",
    [
        "http://other.example:{port}/picture",
        "http://pictures.example/picture",
        "https://pictures.example:{port}/picture",
        "http://sub.pictures.example:{port}/picture",
        "http://pictures.example.evil.example:{port}/picture",
        "http://pictures.example:{port}@evil.example/picture",
        "http://user:word@pictures.example:{port}/picture",
        "http://127.0.0.1:{port}/picture",
        "http://pictures.example:{port}/to?http://other.example:{port}/picture",
        "http://pictures.example:{port}/to?http://127.0.0.1:{port}/picture",
        "http://pictures.example:{port}/to?file:///etc/passwd",
        "http://pictures.example:{port}/to?//other.example:{port}/picture",
    ],
)
async def test_no_other_host_is_asked(address: str) -> None:
    with hosted() as (port, seen):
        one = fetcher(f"http://pictures.example:{port}")
        with pytest.raises(PictureError, match=r"not fetched from.*SHOPLENS_PICTURE_HOSTS"):
            await one.read(address.format(port=port))
        assert [path for _, path in seen if path == "/picture"] == []


async def test_without_a_list_nothing_is_resolved() -> None:
    async def resolve(name: str, port: int) -> list[Address]:
        raise AssertionError(name)

    with pytest.raises(PictureError, match="never fetched here"):
        await PictureFetcher(resolve=resolve).read("https://pictures.example/x.png")


async def test_redirects_within_the_list_are_followed_a_few_times() -> None:
    with hosted() as (port, seen):
        one = fetcher(f"http://a.example:{port}", f"http://b.example:{port}")
        assert (
            await one.read(f"http://a.example:{port}/to?http://b.example:{port}/picture") == PICTURE
        )
        assert [host for host, _ in seen] == [f"a.example:{port}", f"b.example:{port}"]
        assert await one.read(f"http://a.example:{port}/to?/picture") == PICTURE
        with pytest.raises(PictureError, match="redirects more than 3 times"):
            await one.read(f"http://a.example:{port}/to?/to?/to?/to?/picture")


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.1"], ["93.184.215.14", "169.254.169.254"], ["::1"], []]
)
async def test_a_listed_host_inside_the_network_is_not_asked(addresses: list[str]) -> None:
    with hosted() as (port, seen):
        one = PictureFetcher([f"http://pictures.example:{port}"], resolve=resolves(*addresses))
        with pytest.raises(PictureError, match="not a public one"):
            await one.read(f"http://pictures.example:{port}/picture")
        assert seen == []


async def test_names_of_this_machine_are_refused_by_the_real_resolver() -> None:
    with hosted() as (port, seen):
        one = PictureFetcher([f"http://localhost:{port}", f"http://127.0.0.1:{port}"])
        for name in ("localhost", "127.0.0.1"):
            with pytest.raises(PictureError, match="not a public one"):
                await one.read(f"http://{name}:{port}/picture")
        assert seen == []


async def test_a_name_is_resolved_once_for_a_request() -> None:
    """A name that means this machine the second time it is looked up (DNS rebinding) is not asked there."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"]])
    asked: list[str] = []

    async def rebound(name: str, port: int) -> list[Address]:
        asked.append(name)
        return [ipaddress.ip_address(address) for address in next(answers)]

    with hosted() as (port, seen):
        one = PictureFetcher(
            [f"http://pictures.example:{port}"],
            resolve=rebound,
            allowed=lambda address: address != HERE,
            seconds=0.5,
        )
        with pytest.raises(PictureError):
            await one.read(f"http://pictures.example:{port}/picture")
        assert (asked, seen) == (["pictures.example"], [])


@pytest.mark.parametrize(
    ("path", "said"),
    [("endless", "larger than 100,000 bytes"), ("silent", "longer than 0.5 s"), ("gone", "404")],
)
async def test_size_and_time_are_bounded(path: str, said: str) -> None:
    with hosted() as (port, _):
        one = fetcher(f"http://pictures.example:{port}", max_bytes=100_000, seconds=0.5)
        with pytest.raises(PictureError, match=said):
            await one.read(f"http://pictures.example:{port}/{path}")


async def test_an_address_that_is_none_and_a_host_that_is_not_there() -> None:
    one = fetcher("https://pictures.example", "http://pictures.example:1")
    with pytest.raises(PictureError, match="not valid"):
        await one.read("https://pictures.example:port/x")
    with pytest.raises(PictureError, match="ConnectError"):
        await one.read("http://pictures.example:1/x")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::5db8:d70e", True),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("::127.0.0.1", False),
        ("::93.184.215.14", True),
        ("::ffff:0:10.0.0.1", False),
        ("64:ff9b:1::a00:1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("cdn.shop.example", ("https", "cdn.shop.example", 443)),
        ("CDN.shop.example:8443", ("https", "cdn.shop.example", 8443)),
        ("http://pictures.example/", ("http", "pictures.example", 80)),
        ("münchen.example", ("https", "xn--mnchen-3ya.example", 443)),
    ],
)
def test_entries_of_the_list(entry: str, host: tuple[str, str, int]) -> None:
    assert PictureHost.parse(entry) == PictureHost(*host)


@pytest.mark.parametrize(
    "entry", ["", "*", "*.shop.example", "ftp://x", "https://a.example/path", "u@a.example", "a b"]
)
def test_entries_that_are_no_host_are_refused(entry: str) -> None:
    with pytest.raises(SettingsError, match="SHOPLENS_PICTURE_HOSTS is no host"):
        PictureFetcher([entry])


async def test_the_certificate_is_checked_against_the_name(tmp_path: Path) -> None:
    certificate, key = _certificate("pictures.example", tmp_path)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate, key)
    trusted = ssl.create_default_context(cafile=certificate)
    with hosted(served) as (port, seen):
        hosts = [f"pictures.example:{port}", f"other.example:{port}"]
        assert await fetcher(*hosts, tls=trusted).read(f"https://{hosts[0]}/picture") == PICTURE
        for host, tls in ((hosts[1], trusted), (hosts[0], None)):
            with pytest.raises(PictureError, match="ConnectError"):
                await fetcher(*hosts, tls=tls).read(f"https://{host}/picture")
        assert len(seen) == 1


def _certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key, as files."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.fromtimestamp(time.time(), datetime.UTC)
    day = datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    pem = serialization.Encoding.PEM
    files[0].write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    files[1].write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    return files
