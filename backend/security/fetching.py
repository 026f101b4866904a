"""Pictures by address: fetched from listed hosts alone, and never from inside the server's own network.

A caller who may make a server fetch what it likes reads what only that server can reach (server-side
request forgery). So a host must be on a list; its name is resolved once, every address of it must be
public, and the connection is made to the address that was checked, whatever the name says a moment later
(DNS rebinding). The certificate is still checked against the name. Redirects go through all of it again.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx

from retriever.errors import PictureError, SettingsError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[Address]]]

_MOST_REDIRECTS = 3
_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"[a-z0-9._:-]+")
_CARRIES_IPV4 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))
"""NAT64 (RFC 6052), SIIT (RFC 7915), IPv4-compatible (RFC 4291): the last 32 bits are an IPv4 address."""

_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
"""Translated by the network itself (RFC 8215), with the IPv4 address where it likes."""

_AS_BASE64 = "send the picture itself, as base64"


@dataclass(frozen=True, slots=True)
class PictureHost:
    """A host that pictures may be fetched from."""

    scheme: str
    name: str
    port: int

    @classmethod
    def parse(cls, entry: str) -> "PictureHost":
        """From ``cdn.shop.example``, ``cdn.shop.example:8443``, or ``http://pictures.example`` for one without
        TLS. Raises `SettingsError`.
        """
        entry = entry.strip()
        try:
            url = httpx.URL(entry if "://" in entry else f"https://{entry}")
        except (httpx.InvalidURL, ValueError) as error:
            raise _unusable(entry) from error
        bare = url.path in ("", "/") and not url.query and not url.userinfo
        host = cls.of(url)
        if not bare or host.scheme not in _PORTS or not _NAME.fullmatch(host.name):
            raise _unusable(entry)
        return host

    @classmethod
    def of(cls, url: httpx.URL) -> "PictureHost":
        return cls(url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS.get(url.scheme, 0))


class PictureFetcher:
    """Fetches pictures from ``hosts`` (see `PictureHost.parse`); from nowhere where there are none.

    ``max_bytes`` and ``seconds`` bound one picture, redirects included. What comes is not looked at here:
    whoever decodes it says whether it is a picture. ``resolve`` gives the addresses of a name and
    ``allowed`` says which of them may be connected to.
    """

    def __init__(
        self,
        hosts: Sequence[str] = (),
        *,
        max_bytes: int = 15_000_000,
        seconds: float = 10.0,
        resolve: Resolve | None = None,
        allowed: Callable[[Address], bool] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = frozenset(PictureHost.parse(host) for host in hosts)
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._resolve = resolve or _resolved
        self._allowed = allowed or is_public
        self._tls: ssl.SSLContext | bool = False
        if self._hosts:
            # Made once: reading the certificates takes tens of milliseconds.
            self._tls = tls or ssl.create_default_context()

    async def read(self, picture: bytes | str | None) -> bytes | None:
        """A picture's bytes: as they are, or from its address.

        Raises `PictureError` where it may not or cannot be fetched.
        """
        if not isinstance(picture, str):
            return picture
        try:
            async with asyncio.timeout(self._seconds):
                return await self._followed(httpx.URL(picture))
        except (httpx.InvalidURL, ValueError) as error:
            raise PictureError(f"the address of the picture is not valid; {_AS_BASE64}") from error
        except TimeoutError as error:
            raise PictureError(
                f"the picture's host took longer than {self._seconds:g} s; {_AS_BASE64}"
            ) from error
        except httpx.HTTPError as error:
            raise PictureError(
                f"the picture cannot be fetched ({type(error).__name__}); {_AS_BASE64}"
            ) from error

    async def _followed(self, url: httpx.URL) -> bytes:
        # trust_env: a proxy would resolve the name anew, out of sight.
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._seconds
        ) as client:
            for _ in range(_MOST_REDIRECTS + 1):
                found = await self._once(client, url)
                if isinstance(found, bytes):
                    return found
                url = found
        raise PictureError(
            f"the picture's host redirects more than {_MOST_REDIRECTS} times; {_AS_BASE64}"
        )

    async def _once(self, client: httpx.AsyncClient, url: httpx.URL) -> bytes | httpx.URL:
        """The bytes, or where to look for them."""
        address = await self._checked(url)
        request = client.build_request(
            "GET",
            url.copy_with(host=str(address)),
            headers={
                "Host": url.netloc.decode("ascii"),
                "Accept": "image/*",
                # Compressed bytes could grow past every limit when they are unpacked.
                "Accept-Encoding": "identity",
            },
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await client.send(request, stream=True)
        try:
            if response.has_redirect_location:
                return url.join(response.headers["location"])
            if response.status_code != 200:
                raise PictureError(
                    f"{url.host} answers {response.status_code} instead of a picture; {_AS_BASE64}"
                )
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > self._max_bytes:
                    raise PictureError(
                        f"the picture at {url.host} is larger than {self._max_bytes:,} bytes; "
                        "name a smaller one"
                    )
            return bytes(body)
        finally:
            await response.aclose()

    async def _checked(self, url: httpx.URL) -> Address:
        """The address to connect to. Raises `PictureError` unless the host is listed and public."""
        if not self._hosts:
            raise PictureError(
                f"addresses are never fetched here; {_AS_BASE64} (whoever runs the server can list hosts "
                "in SHOPLENS_PICTURE_HOSTS)"
            )
        if url.userinfo or PictureHost.of(url) not in self._hosts:
            raise PictureError(
                f"pictures are not fetched from {url.scheme}://{url.netloc.decode('ascii')}, which is not "
                f"in SHOPLENS_PICTURE_HOSTS; {_AS_BASE64}"
            )
        host = PictureHost.of(url)
        try:
            addresses = await self._resolve(host.name, host.port)
        except OSError as error:
            raise PictureError(f"{url.host} has no address; {_AS_BASE64}") from error
        if not addresses or not all(self._allowed(address) for address in addresses):
            raise PictureError(
                f"{url.host} is an address inside a network, not a public one; {_AS_BASE64}"
            )
        return addresses[0]


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet, addresses that carry another one in them included."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            return False
        if inner is None and any(address in carrying for carrying in _CARRIES_IPV4):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        # Site-local addresses are no longer handed out, and some networks use them still.
        if address.is_site_local or address in _LOCAL_NAT64:
            return False
    return address.is_global and not address.is_multicast


async def _resolved(name: str, port: int) -> list[Address]:
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(item[4][0]).partition("%")[0]) for item in found]


def _unusable(entry: str) -> SettingsError:
    return SettingsError(
        f"{entry!r} in SHOPLENS_PICTURE_HOSTS is no host; write one as cdn.shop.example, with :port if it "
        "has one of its own, or http://pictures.example where it has no TLS"
    )
