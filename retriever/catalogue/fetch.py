"""Pictures given as addresses: fetched once, checked, and kept in a folder by the address's hash."""

import hashlib
import os
import time
from pathlib import Path

import httpx

from retriever.errors import CatalogueError, PictureError
from retriever.picture import MAX_BYTES, decode

_ATTEMPTS = 3
_PAUSE_S = 0.2  # before the second attempt; doubled before each further one
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)


class PictureFetcher:
    """Fetches pictures over http(s) into ``folder``; close it after use.

    Whoever makes one has decided that the catalogue's addresses may be fetched.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client = httpx.Client(
            timeout=_TIMEOUT, follow_redirects=True, headers={"Accept": "image/*"}
        )

    def fetch(self, url: str) -> Path:
        """The file that holds the picture. Raises `PictureError` when it cannot be had.

        Broken connections, timeouts and 429 or 5xx replies are tried three times in all.
        """
        file = self._folder / hashlib.blake2b(url.encode(), digest_size=16).hexdigest()
        if file.exists():
            return file
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                data = self._get(url)
                break
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                # UnicodeError: a host name that cannot be encoded (IDNA).
                if attempt == _ATTEMPTS or not _may_pass(error):
                    raise PictureError(f"picture {url} cannot be fetched: {_why(error)}") from error
                time.sleep(_PAUSE_S * 2 ** (attempt - 1))
        try:
            decode(data)
        except PictureError as error:
            raise PictureError(f"what {url} holds is no usable picture: {error}") from error
        partial = file.with_suffix(f".{os.getpid()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
            partial.replace(file)
        except OSError as error:
            raise CatalogueError(
                f"fetched pictures cannot be kept in {self._folder}: {error.strerror or error}; free "
                "space there, or set XDG_CACHE_HOME to another folder"
            ) from error
        return file

    def close(self) -> None:
        """Drop the connections."""
        self._client.close()

    def _get(self, url: str) -> bytes:
        data = bytearray()
        with self._client.stream("GET", url) as reply:
            reply.raise_for_status()
            for chunk in reply.iter_bytes():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise PictureError(f"picture {url} is larger than {MAX_BYTES:,} bytes")
        return bytes(data)


def _may_pass(error: Exception) -> bool:
    """Whether trying again may help."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == 429 or error.response.status_code >= 500
    return isinstance(error, httpx.TransportError) and not isinstance(
        error, httpx.UnsupportedProtocol
    )


def _why(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"the server replied {error.response.status_code}"
    return str(error) or type(error).__name__
