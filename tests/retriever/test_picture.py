import io
import os
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retriever.errors import PictureError
from retriever.picture import MAX_BYTES, Picture, decode


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of under 100 bytes that claims width x height pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_exif_orientation_is_applied() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste((255, 0, 0), (0, 0, 20, 20))  # left half red
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise: red on top
    upright = decode(encode(image, "PNG", exif=exif))
    assert upright.size == (20, 40)
    assert upright.getpixel((10, 5)) == (255, 0, 0)
    assert upright.getpixel((10, 35)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_laid_on_white(mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert decode(encode(clear.convert(mode))).getpixel((1, 1)) == (255, 255, 255)


def test_sixteen_bit_greys_keep_their_shades() -> None:
    greys = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    decoded = np.asarray(decode(encode(Image.fromarray(greys))))[..., 0]
    assert np.array_equal(decoded, greys >> 8)


def test_floating_point_pictures_are_refused() -> None:
    image = Image.fromarray(np.ones((4, 4), np.float32))
    with pytest.raises(PictureError, match="8 bits"):
        decode(encode(image, "TIFF"))


@pytest.mark.parametrize("size", [(9_000, 9_000), (60_000, 60_000)])
def test_a_picture_that_claims_huge_dimensions_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="absurdly large"):
        decode(bomb(*size))


def test_a_truncated_jpeg_is_refused() -> None:
    noise = Image.effect_noise((64, 64), 80)
    data = encode(noise, "JPEG")
    with pytest.raises(PictureError, match="cannot be decoded"):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"])
def test_what_is_no_known_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match="not a picture in a known format"):
        decode(data)


@pytest.mark.parametrize("kind", ["AVIF", "GIF", "JPEG", "PNG", "TIFF", "WEBP"])
def test_damaged_bytes_decode_or_raise_picture_error(kind: str) -> None:
    rng = random.Random(kind)
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = encode(Image.effect_noise((24, 16), 60).convert("RGB"), kind, exif=exif)
    refused = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(min(len(data), rng.choice([40, 200, 10_000])))] = rng.randrange(256)
        try:
            assert decode(bytes(data[: rng.choice([len(data), len(data) // 2])])).mode == "RGB"
        except PictureError:
            refused += 1
    assert refused > 0


def test_aspect_undoes_a_squashed_picture() -> None:
    square = encode(Image.new("RGB", (224, 224)))
    assert Picture(square).open().size == (224, 224)
    assert Picture(square, aspect=(3, 4)).open().size == (168, 224)
    assert Picture(square, aspect=(4, 3)).open().size == (224, 168)


def test_the_key_is_of_the_content_and_the_aspect(tmp_path: Path) -> None:
    data = encode(Image.new("RGB", (8, 8)))
    file = tmp_path / "a.png"
    file.write_bytes(data)
    assert Picture(file).key == Picture(data).key
    assert Picture(data).key != Picture(data + b"x").key
    assert Picture(data).key != Picture(data, aspect=(3, 4)).key


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"gone\.png cannot be read: No such file"):
        Picture(tmp_path / "gone.png").read()
    with pytest.raises(PictureError, match="null byte"):
        Picture(tmp_path / "a\0b.png").read()
    with pytest.raises(PictureError, match="0 bytes"):
        Picture(b"").read()


def test_files_above_the_size_limit_are_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "huge.png"
    with file.open("wb") as sparse:
        sparse.truncate(MAX_BYTES + 1)
    with pytest.raises(PictureError, match="absurdly large"):
        Picture(file).read()


@pytest.mark.parametrize("size", [(1, 300), (1000, 1)])
def test_strips_that_no_encoder_can_scale_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="strip"):
        decode(encode(Image.new("RGB", size)))
    assert decode(encode(Image.new("RGB", (50, 1)))).size == (50, 1)


def test_what_is_no_regular_file_is_refused_unread(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    for place in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(PictureError, match="not a file"):
            Picture(place).read()
