"""The feature cache: what is put is got, whatever dies in between."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retriever.errors import FeatureCacheError
from retriever.features import FeatureCache, text_key

DIM = 8
HEADER = 16
RECORD = 20
ROOT = Path(__file__).resolve().parents[2]


def keys_of(*numbers: int) -> list[str]:
    return [f"{number:032x}" for number in numbers]


def rows_of(*numbers: int) -> NDArray[np.float32]:
    """A row of its own for each number."""
    return np.array([[number, *range(DIM - 1)] for number in numbers], np.float32)


def filled(root: Path, *numbers: int) -> FeatureCache:
    cache = FeatureCache(root, "print", DIM)
    cache.put(keys_of(*numbers), rows_of(*numbers))
    return cache


def test_what_is_put_is_got_in_any_order_and_after_reopening(tmp_path: Path) -> None:
    cache = filled(tmp_path, 1, 2, 3)
    cache.put(keys_of(4), rows_of(4))
    for opened in (cache, FeatureCache(tmp_path, "print", DIM)):
        got = opened.get(keys_of(4, 1, 1, 3))
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, rows_of(4, 1, 1, 3))
        assert len(opened) == 4
        assert keys_of(2)[0] in opened
        assert keys_of(5)[0] not in opened


def test_nothing_is_made_before_the_first_put(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, "print", DIM)
    assert cache.missing(keys_of(2, 1, 2)) == keys_of(2, 1)
    assert cache.get([]).shape == (0, DIM)
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_stored_once_with_what_it_was_first_given(tmp_path: Path) -> None:
    cache = filled(tmp_path, 1, 2)
    cache.put(keys_of(2, 3), rows_of(9, 3))
    cache.put(keys_of(1), rows_of(9))
    assert cache.missing(keys_of(1, 5, 2, 4, 5)) == keys_of(5, 4)
    np.testing.assert_array_equal(cache.get(keys_of(1, 2, 3)), rows_of(1, 2, 3))
    assert (cache.folder / "vectors.f32").stat().st_size == 3 * DIM * 4
    assert (cache.folder / "keys.bin").stat().st_size == HEADER + 3 * RECORD


def test_what_was_got_is_the_callers_own(tmp_path: Path) -> None:
    cache = filled(tmp_path, 1)
    cache.get(keys_of(1))[0] = 0
    np.testing.assert_array_equal(cache.get(keys_of(1)), rows_of(1))


def test_backbones_and_kinds_are_kept_apart(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    assert len(FeatureCache(tmp_path, "other print", DIM)) == 0
    texts = FeatureCache(tmp_path, "print", DIM, kind="text")
    assert len(texts) == 0
    texts.put([text_key("red shoes")], rows_of(7))
    assert texts.missing([text_key("red shoes"), text_key("red shoe")]) == [text_key("red shoe")]
    assert len(FeatureCache(tmp_path, "print", DIM)) == 1


def test_another_object_sees_what_was_added(tmp_path: Path) -> None:
    first = FeatureCache(tmp_path, "print", DIM)
    second = filled(tmp_path, 1)
    assert first.missing(keys_of(1, 2)) == keys_of(2)
    second.put(keys_of(2), rows_of(2))
    np.testing.assert_array_equal(first.get(keys_of(2, 1)), rows_of(2, 1))
    first.put(keys_of(2, 3), rows_of(2, 3))
    second.put(keys_of(4), rows_of(4))
    assert len(FeatureCache(tmp_path, "print", DIM)) == 4


@pytest.mark.parametrize("left", range(2 * RECORD))
def test_a_torn_end_of_the_keys_is_cut_off(tmp_path: Path, left: int) -> None:
    """Killed while the keys of rows 3 and 4 were written: rows without keys, perhaps half a key."""
    folder = filled(tmp_path, 1, 2, 3, 4).folder
    os.truncate(folder / "keys.bin", HEADER + 2 * RECORD + left)
    whole = 2 + left // RECORD
    cache = FeatureCache(tmp_path, "print", DIM)
    assert len(cache) == whole
    assert cache.missing(keys_of(1, 2, 3, 4)) == keys_of(3, 4)[whole - 2 :]
    cache.put(keys_of(5, 4, 3), rows_of(5, 4, 3))
    again = FeatureCache(tmp_path, "print", DIM)
    np.testing.assert_array_equal(again.get(keys_of(1, 2, 3, 4, 5)), rows_of(1, 2, 3, 4, 5))
    assert (folder / "vectors.f32").stat().st_size == 5 * DIM * 4


@pytest.mark.parametrize("left", [0, 1, HEADER - 1, HEADER])
def test_killed_in_the_very_first_write(tmp_path: Path, left: int) -> None:
    folder = filled(tmp_path, 1, 2).folder
    os.truncate(folder / "keys.bin", left)
    cache = FeatureCache(tmp_path, "print", DIM)
    assert len(cache) == 0
    cache.put(keys_of(3), rows_of(3))
    again = FeatureCache(tmp_path, "print", DIM)
    np.testing.assert_array_equal(again.get(keys_of(3)), rows_of(3))
    assert len(again) == 1


def test_rows_lost_in_a_power_cut_are_missing(tmp_path: Path) -> None:
    folder = filled(tmp_path, 1, 2, 3).folder
    os.truncate(folder / "vectors.f32", 2 * DIM * 4 - 1)
    cache = FeatureCache(tmp_path, "print", DIM)
    assert cache.missing(keys_of(1, 2, 3)) == keys_of(2, 3)
    cache.put(keys_of(3, 2), rows_of(3, 2))
    np.testing.assert_array_equal(
        FeatureCache(tmp_path, "print", DIM).get(keys_of(1, 2, 3)), rows_of(1, 2, 3)
    )


@pytest.mark.parametrize("file", ["vectors.f32", "keys.bin"])
def test_a_damaged_row_is_missing_and_can_be_put_again(tmp_path: Path, file: str) -> None:
    path = filled(tmp_path, 1, 2, 3).folder / file
    data = bytearray(path.read_bytes())
    data[(DIM * 4 if file == "vectors.f32" else HEADER + RECORD) + 3] ^= 1
    path.write_bytes(data)
    cache = FeatureCache(tmp_path, "print", DIM)
    assert cache.missing(keys_of(1, 2, 3)) == keys_of(2)
    cache.put(keys_of(2), rows_of(2))
    np.testing.assert_array_equal(
        FeatureCache(tmp_path, "print", DIM).get(keys_of(3, 2, 1)), rows_of(3, 2, 1)
    )


def test_files_of_something_else_are_refused(tmp_path: Path) -> None:
    folder = filled(tmp_path, 1).folder
    with pytest.raises(FeatureCacheError, match=r"holds vectors \[8\], not vectors \[16\].*delete"):
        FeatureCache(tmp_path, "print", 16)
    (folder / "keys.bin").write_bytes(b"something else altogether")
    with pytest.raises(FeatureCacheError, match="holds something else"):
        FeatureCache(tmp_path, "print", DIM)


def test_absent_keys_are_named(tmp_path: Path) -> None:
    cache = filled(tmp_path, 1)
    with pytest.raises(FeatureCacheError, match=f"no features of {keys_of(2)[0]}; encode"):
        cache.get(keys_of(1, 2))
    with pytest.raises(FeatureCacheError, match="and 4 more"):
        cache.get(keys_of(*range(2, 9)))


@pytest.mark.parametrize("key", ["", "zz" * 16, "ab" * 15, "ab" * 17, "AB" * 16])
def test_a_key_is_32_lower_case_hex_digits(tmp_path: Path, key: str) -> None:
    with pytest.raises(FeatureCacheError, match="not a content key"):
        FeatureCache(tmp_path, "print", DIM).put([key], rows_of(1))


def test_vectors_must_fit(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, "print", DIM)
    for rows in (rows_of(1, 2), rows_of(1)[:, :-1], rows_of(1)[0]):
        with pytest.raises(FeatureCacheError, match="do not fit"):
            cache.put(keys_of(1), rows)


def test_a_place_that_cannot_hold_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FeatureCacheError, match="cannot be read"):
        FeatureCache(tmp_path / "file", "print", DIM)
    cache = FeatureCache(tmp_path / "later", "print", DIM)
    (tmp_path / "later").write_text("")
    with pytest.raises(FeatureCacheError, match="cannot be written"):
        cache.put(keys_of(1), rows_of(1))


WRITER = """
import sys
from pathlib import Path
import numpy as np
from retriever.features import FeatureCache
cache = FeatureCache(Path(sys.argv[1]), "print", 8)
for start in range(int(sys.argv[2]), int(sys.argv[3]), 7):
    numbers = range(start, start + 7)
    rows = np.array([[number, *range(7)] for number in numbers], np.float32)
    cache.put([f"{number:032x}" for number in numbers], rows)
    print(start, flush=True)
"""


def writer(root: Path, start: int, stop: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(root), str(start), str(stop)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    """Overlapping keys: each is stored once, by whichever came first."""
    with writer(tmp_path, 0, 700) as one, writer(tmp_path, 350, 1050) as other:
        assert len(one.stdout.readlines()) == len(other.stdout.readlines()) == 100  # type: ignore[union-attr]
    assert (one.returncode, other.returncode) == (0, 0)
    cache = FeatureCache(tmp_path, "print", DIM)
    assert len(cache) == 1050
    np.testing.assert_array_equal(cache.get(keys_of(*range(1050))), rows_of(*range(1050)))
    assert (cache.folder / "vectors.f32").stat().st_size == 1050 * DIM * 4


def test_a_killed_writer_loses_nothing_that_it_had_put(tmp_path: Path) -> None:
    process = writer(tmp_path, 0, 7_000_000)
    assert process.stdout is not None
    for _ in range(20):
        said = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    said = (process.stdout.readlines() or [said])[-1]
    process.stdout.close()
    process.wait()
    put = int(said) + 7
    cache = FeatureCache(tmp_path, "print", DIM)
    assert len(cache) in (put, put + 7)
    numbers = range(len(cache))
    np.testing.assert_array_equal(cache.get(keys_of(*numbers)), rows_of(*numbers))
    cache.put(keys_of(9_999_999), rows_of(9_999_999))
    assert len(FeatureCache(tmp_path, "print", DIM)) == len(numbers) + 1
