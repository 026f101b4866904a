import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def png() -> bytes:
    """A small red picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (12, 8), "red").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def shop(tmp_path: Path, png: bytes) -> Path:
    """A folder with one picture, ``a.png``."""
    (tmp_path / "a.png").write_bytes(png)
    return tmp_path


@pytest.fixture
def write(shop: Path) -> Callable[[str, str], Path]:
    """Write a catalogue file beside ``a.png``."""

    def write_file(name: str, text: str) -> Path:
        file = shop / name
        file.write_text(text, encoding="utf-8", newline="")
        return file

    return write_file
