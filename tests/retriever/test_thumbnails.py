"""Small pictures: what is kept, what is not made twice, and what a key can reach."""

import io
from pathlib import Path

import pytest
from PIL import Image

from retriever.errors import PictureError, SettingsError
from retriever.picture import Picture
from retriever.thumbnails import THUMBNAIL_SIZE, ThumbnailStore, thumbnail


def picture_of(width: int, height: int) -> Picture:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 90, 20)).save(buffer, format="PNG")
    return Picture(buffer.getvalue())


def test_a_large_picture_is_kept_small_in_its_proportions(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    picture = picture_of(1280, 640)
    store.add(picture)
    kept = store.read(picture.key)
    assert kept is not None
    small = Image.open(io.BytesIO(kept))
    assert (small.format, small.size) == ("JPEG", (THUMBNAIL_SIZE, THUMBNAIL_SIZE // 2))


def test_a_small_picture_keeps_its_size_and_the_original_is_untouched() -> None:
    image = Image.new("RGB", (40, 30))
    assert Image.open(io.BytesIO(thumbnail(image))).size == (40, 30)
    large = Image.new("RGB", (900, 900))
    thumbnail(large)
    assert large.size == (900, 900)


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    picture = picture_of(20, 20)
    store.add(picture)
    [file] = tmp_path.rglob("*.jpg")
    file.write_bytes(b"kept")
    store.add(picture)
    assert store.read(picture.key) == b"kept"


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    pictures = [picture_of(20 + n, 20) for n in range(3)]
    for picture in pictures:
        store.add(picture)
    assert {path.stem for path in tmp_path.rglob("*") if path.is_file()} == {
        picture.key for picture in pictures
    }


@pytest.mark.parametrize("key", ["", "0" * 32, "../secret", "A" * 32, "0" * 31 + "/", "0" * 33])
def test_a_key_that_no_picture_has_reads_nothing(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    assert ThumbnailStore(tmp_path / "pictures").read(key) is None


def test_a_picture_that_cannot_be_decoded_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        ThumbnailStore(tmp_path).add(Picture(b"not a picture"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SettingsError, match=r"taken.*cannot be written"):
        ThumbnailStore(tmp_path / "taken").add(picture_of(9, 9))
