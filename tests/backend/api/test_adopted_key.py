"""The key that a container is given in SHOPLENS_API_KEY, and a server that starts exposed with it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend.store import Store
from backend.store.keys import adopt_key, create_key, find_key, list_keys, revoke_key
from retriever.errors import SettingsError

KEY = "shoplens_0011aabb_" + 32 * "f0"
OTHER = "shoplens_2233ccdd_" + 32 * "f0"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'keys.db'}")
    yield opened
    opened.close()


async def test_another_key_replaces_the_adopted_one_and_no_other(store: Store) -> None:
    made = create_key(store, "shop")
    for _ in range(2):  # a second start with the same key changes nothing
        adopt_key(store, KEY)
    assert [key.name for key in list_keys(store)] == ["shop", "SHOPLENS_API_KEY"]
    adopt_key(store, OTHER)
    assert await find_key(store, KEY) is None
    for key in (made, OTHER):
        assert await find_key(store, key) is not None


def test_a_revoked_key_and_a_known_id_are_refused(store: Store) -> None:
    adopt_key(store, KEY)
    with pytest.raises(SettingsError, match="0011aabb is known with another secret"):
        adopt_key(store, KEY[:-1] + "1")
    revoke_key(store, "0011aabb")
    with pytest.raises(SettingsError, match="0011aabb was revoked"):
        adopt_key(store, KEY)


@pytest.mark.parametrize("weak", ["change-me", "shoplens_1_short", "shoplens__" + 64 * "a", ""])
def test_what_is_no_key_is_refused_without_being_repeated(store: Store, weak: str) -> None:
    with pytest.raises(SettingsError, match="SHOPLENS_API_KEY is no key") as refused:
        adopt_key(store, weak)
    assert not weak or weak not in str(refused.value)
    assert list_keys(store) == []


def test_a_server_that_others_reach_starts_with_it_and_asks_for_it(own_data: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    program = "from backend.cli import main; main()"
    options = ("serve", "--host", "0.0.0.0", "--port", str(port), "--name", "shop")
    server = subprocess.Popen(
        [sys.executable, "-c", program, *options, "--data-dir", str(own_data)],
        env={**os.environ, "SHOPLENS_API_KEY": KEY, "SHOPLENS_ALLOWED_HOSTS": ""},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            while server.poll() is None:
                try:
                    assert client.get("/readyz").status_code == 200
                    break
                except httpx.ConnectError:
                    time.sleep(0.1)
            assert client.get("/v1/capabilities").status_code == 401
            headers = {"Authorization": f"Bearer {KEY}"}
            assert client.get("/v1/capabilities", headers=headers).status_code == 200
    finally:
        server.terminate()
        _, told = server.communicate(timeout=30)
    assert KEY not in told
