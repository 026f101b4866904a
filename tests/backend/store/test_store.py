"""The database: URLs, races for the tables, what one is told of one that is missing or gone."""

import multiprocessing
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.store import Store
from backend.store.keys import any_key, create_key, list_keys
from retriever.errors import SettingsError, StoreError
from tests.postgres import fresh_database

_OPENERS = 6


def _open_at_once(url: str, gate: "multiprocessing.synchronize.Barrier", number: int) -> None:
    gate.wait()
    store = Store(url)
    create_key(store, f"of process {number}")
    store.close()


def test_several_processes_may_make_the_tables_at_once(database: str) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(_OPENERS)
    openers = [
        context.Process(target=_open_at_once, args=(database, gate, number))
        for number in range(_OPENERS)
    ]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert [opener.exitcode for opener in openers] == [0] * _OPENERS
    store = Store(database)
    assert {key.name for key in list_keys(store)} == {f"of process {n}" for n in range(_OPENERS)}
    store.close()


def test_what_fails_is_undone_as_a_whole(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        store.run(lambda session: [session.execute(_KEY), 1 / 0])
    assert not any_key(store)
    store.run(lambda session: session.execute(_KEY))
    assert any_key(store)


_KEY = text("INSERT INTO api_keys VALUES ('a', 'shop', 'hash', NULL, 0, NULL)")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_form_of_url_is_one_database(postgres_database: str, scheme: str) -> None:
    named = Store(postgres_database.replace("postgresql", scheme, 1))
    create_key(named, "shop")
    named.close()
    plain = Store(postgres_database)
    assert [key.name for key in list_keys(plain)] == ["shop"]
    plain.close()


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"shoplens\[postgres\]"):
        Store("postgresql://shop:secret@localhost/none")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("no url", "not a database URL"),
        ("mysql://shop@localhost/none", "neither sqlite nor postgresql"),
        ("postgresql://shop:hidden@127.0.0.1:1/none", "refused"),
        ("sqlite:////proc/none/shoplens.db", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_opened(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        Store(url)
    assert "SHOPLENS_DATABASE_URL" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_database_that_went_away_is_told_and_comes_back(postgres_server: str) -> None:
    pytest.importorskip("psycopg")
    with fresh_database(postgres_server) as url:
        store = Store(url)
        create_key(store, "shop")
        other = Store(postgres_server)
        # What a restart of the server looks like from here: every connection is cut.
        name = url.rpartition("/")[2]
        cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        other.run(lambda session: session.execute(cut, {"name": name}))
        assert any_key(store)
        other.close()
    with pytest.raises(StoreError, match="does not answer"):
        any_key(store)
    store.close()


def test_a_locked_sqlite_file_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shoplens.db'}"
    first, second = Store(url), Store(url)
    first.run(lambda session: [session.execute(_KEY), second.run(lambda s: s.execute(_COUNT))])
    assert len(list_keys(second)) == 1
    first.close()
    second.close()


_COUNT = text("SELECT count(*) FROM api_keys")
