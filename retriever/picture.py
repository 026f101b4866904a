"""Pictures of products: where the bytes are, how they are decoded, and the key of their content."""

import hashlib
import io
import stat
import struct
import warnings
import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from retriever.errors import PictureError

MAX_BYTES = 50_000_000
MAX_PIXELS = 64_000_000
"""Larger pictures are refused: a shop's largest studio shots stay below. Decoding one of this size, with
transparency, takes about half a gigabyte."""
MAX_SIDE_RATIO = 50
"""Longer strips are refused: scaled to an encoder's size, their short side would vanish."""

# What Pillow's decoders were seen to raise on damaged bytes, beside its own exceptions.
_DECODER_ERRORS = (
    OSError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Picture:
    """A product's picture: its bytes, or the file that holds them.

    ``aspect`` (width, height) undoes a catalogue that squashed its pictures to a square: the decoded
    picture is resized to that ratio before anything else sees it.
    """

    source: bytes | Path
    aspect: tuple[int, int] | None = None

    def read(self) -> bytes:
        """The encoded bytes. Raises `PictureError` when the file is missing, unreadable or too large."""
        if isinstance(self.source, bytes):
            data = self.source
        else:
            try:
                found = self.source.stat()
                if not stat.S_ISREG(found.st_mode):
                    # A pipe would be waited for without end, a device read without end.
                    raise PictureError(f"picture {self.source} is not a file")
                if found.st_size > MAX_BYTES:
                    size = f"{found.st_size:,} bytes"
                    raise PictureError(_too_large(size, f"{MAX_BYTES:,} bytes"))
                with self.source.open("rb") as file:
                    data = file.read(MAX_BYTES + 1)
            except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
                reason = getattr(error, "strerror", None) or str(error)
                raise PictureError(f"picture {self.source} cannot be read: {reason}") from error
        if not data:
            raise PictureError("the picture is empty (0 bytes)")
        if len(data) > MAX_BYTES:
            raise PictureError(_too_large(f"{len(data):,} bytes", f"{MAX_BYTES:,} bytes"))
        return data

    @cached_property
    def key(self) -> str:
        """Key of the picture's content (32 hex digits): same bytes and aspect, same key."""
        digest = hashlib.blake2b(self.read(), digest_size=16)
        if self.aspect is not None:
            digest.update(b"aspect %d:%d" % self.aspect)
        return digest.hexdigest()

    def open(self) -> Image.Image:
        """Decode to RGB, upright (EXIF orientation applied), transparency laid on white.

        Raises `PictureError` for anything that is not a picture, is truncated or is too large.
        """
        image = decode(self.read())
        if self.aspect is None:
            return image
        width, height = self.aspect
        if image.width * height > image.height * width:
            return image.resize((max(1, image.height * width // height), image.height))
        return image.resize((image.width, max(1, image.width * height // width)))


def decode(data: bytes) -> Image.Image:
    """Decode encoded picture bytes to an upright RGB image; see `Picture.open`."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata, and of sizes between its own limit and twice that; ours
            # is below both, and a picture either decodes or is refused here.
            warnings.simplefilter("ignore")
            image: Image.Image = Image.open(io.BytesIO(data), formats=_formats())
            if image.width * image.height > MAX_PIXELS:
                size = f"{image.width} x {image.height} pixels"
                raise PictureError(_too_large(size, f"{MAX_PIXELS:,} pixels"))
            if max(image.size) > MAX_SIDE_RATIO * min(image.size):
                raise PictureError(
                    f"the picture is a strip of {image.width} x {image.height} pixels; its sides may "
                    f"differ by {MAX_SIDE_RATIO} times at most"
                )
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return _rgb(image)
    except UnidentifiedImageError as error:
        known = ", ".join(_formats())
        raise PictureError(f"the bytes are not a picture in a known format ({known})") from error
    except Image.DecompressionBombError as error:
        raise PictureError(_too_large(str(error), f"{MAX_PIXELS:,} pixels")) from error
    except _DECODER_ERRORS as error:
        raise PictureError(f"the picture cannot be decoded: {error}") from error


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise PictureError("the picture holds floating point values; save it with 8 bits a channel")
    if image.mode.startswith("I"):
        # 16 bits a pixel: Pillow's own conversion clips at 255, which turns the picture white.
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    return image if image.mode == "RGB" else image.convert("RGB")


@cache
def _formats() -> tuple[str, ...]:
    """Formats of shops' pictures that this Pillow has; others (EPS starts Ghostscript) stay shut."""
    Image.init()
    known = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
    return tuple(name for name in known if name in Image.OPEN)


def _too_large(size: str, limit: str) -> str:
    return f"the picture is absurdly large: {size} (limit {limit}); shrink it first"
