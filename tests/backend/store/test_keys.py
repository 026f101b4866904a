"""API keys in either database."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from backend.store import Store
from backend.store.keys import (
    adopt_key,
    any_key,
    create_key,
    find_key,
    list_keys,
    revoke_key,
)
from retriever.errors import SettingsError


async def test_a_key_is_known_to_every_backend_until_it_is_revoked(
    store: Store, database: str
) -> None:
    key = create_key(store, "shop", 30)
    other = Store(database)
    try:
        found = await find_key(other, key)
        assert found is not None
        assert (found.name, found.rate_per_minute) == ("shop", 30)
        assert [listed.id for listed in list_keys(other)] == [found.id]
        for wrong in (key[:-1], key + "0", "shoplens_" + "a" * 5000 + "_b", "shoplens_ü_b", ""):
            assert await find_key(other, wrong) is None
        revoke_key(other, found.id)
    finally:
        other.close()
    assert await find_key(store, key) is None
    assert not any_key(store)


def test_names_that_no_column_holds_are_refused(store: Store) -> None:
    for name in ("", " ", "x" * 101):
        with pytest.raises(SettingsError, match="1 to 100 characters"):
            create_key(store, name)
    create_key(store, "ü" * 100)
    with pytest.raises(SettingsError, match="no API key"):
        revoke_key(store, "none")


def test_backends_that_start_at_once_adopt_the_same_key(database: str) -> None:
    stores = [Store(database) for _ in range(4)]
    together = Barrier(len(stores))

    def start(opened: Store) -> None:
        together.wait()
        adopt_key(opened, f"shoplens_abc_{'5' * 40}")

    try:
        with ThreadPoolExecutor(len(stores)) as pool:
            list(pool.map(start, stores))
        assert [key.id for key in list_keys(stores[0])] == ["abc"]
        assert any_key(stores[0])
    finally:
        for opened in stores:
            opened.close()


def test_an_adopted_id_that_no_column_holds_is_refused(store: Store) -> None:
    with pytest.raises(SettingsError, match="16 letters and digits at most"):
        adopt_key(store, f"shoplens_{'a' * 17}_{'5' * 40}")
