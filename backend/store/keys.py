"""API keys: made once, shown once, stored as hashes.

A key is ``shoplens_<id>_<secret>`` with 256 random bits of secret. Such a secret cannot be guessed from
its hash, so a plain SHA-256 does; a slow hash is for passwords that people choose.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.store.store import Store
from backend.store.tables import MAX_KEY_ID, MAX_NAME, KeyRow
from retriever.errors import SettingsError

_PREFIX = "shoplens"
_ADOPTED = "SHOPLENS_API_KEY"
"""Name of the key that came from there."""

_SECRET = 32
"""Fewest characters of an adopted key's secret: 128 bits in hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret; ``rate_per_minute`` None is the server's default."""

    id: str
    name: str
    rate_per_minute: int | None
    created: float
    revoked: float | None


def create_key(store: Store, name: str, rate_per_minute: int | None = None) -> str:
    """Make a key and return it whole: this is the only time that it can be seen.

    Raises `SettingsError` for a name that is empty or too long.
    """
    if not 0 < len(name.strip()) <= MAX_NAME:
        raise SettingsError(
            f"the name of a key has 1 to {MAX_NAME} characters; {name[:40]!r} has not"
        )
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    row = KeyRow(
        id=key_id,
        name=name,
        secret_hash=_hashed(secret),
        rate_per_minute=rate_per_minute,
        created=time.time(),
        revoked=None,
    )
    store.run(lambda session: session.add(row))
    return f"{_PREFIX}_{key_id}_{secret}"


def adopt_key(store: Store, whole: str) -> None:
    """Accept a key made elsewhere, in place of the one that was adopted before it.

    It has the form of the others, so that it is listed and revoked as they are. Raises `SettingsError` for
    another form, and for one that was revoked.
    """
    prefix, _, rest = whole.partition("_")
    key_id, _, secret = rest.partition("_")
    usable_id = key_id.isascii() and key_id.isalnum() and len(key_id) <= MAX_KEY_ID
    if prefix != _PREFIX or not usable_id or len(secret) < _SECRET:
        raise SettingsError(
            f"SHOPLENS_API_KEY is no key: it must be {_PREFIX}_ID_SECRET with an ID of {MAX_KEY_ID} letters and "
            f"digits at most and a secret of {_SECRET} characters or more, such as the output of: echo {_PREFIX}_$(openssl rand -hex 6)_$(openssl rand -hex 32)"
        )

    def work(session: Session) -> None:
        row = session.get(KeyRow, key_id)
        if row is not None and (
            row.revoked or not hmac.compare_digest(row.secret_hash, _hashed(secret))
        ):
            problem = "was revoked" if row.revoked else "is known with another secret"
            raise SettingsError(
                f"SHOPLENS_API_KEY: the key {key_id} {problem}; set one with a new id"
            )
        now = time.time()
        for other in session.scalars(select(KeyRow).where(KeyRow.name == _ADOPTED)):
            if other.id != key_id:
                other.revoked = other.revoked or now
        if row is None:
            session.add(
                KeyRow(
                    id=key_id,
                    name=_ADOPTED,
                    secret_hash=_hashed(secret),
                    rate_per_minute=None,
                    created=now,
                    revoked=None,
                )
            )

    try:
        store.run(work)
    except IntegrityError:
        store.run(work)  # another backend that starts at the same moment was first: now it is there


def list_keys(store: Store) -> list[ApiKey]:
    """Every key, revoked ones included, oldest first."""
    return store.run(
        lambda session: [
            _key(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.created))
        ]
    )


def revoke_key(store: Store, key_id: str) -> None:
    """Refuse a key from now on. Raises `SettingsError` for an unknown id."""

    def work(session: Session) -> None:
        row = session.get(KeyRow, key_id)
        if row is None:
            raise SettingsError(f"no API key {key_id!r}; `shoplens keys list` shows their ids")
        row.revoked = row.revoked or time.time()

    store.run(work)


def any_key(store: Store) -> bool:
    """Whether some key is not revoked."""
    count = select(func.count()).select_from(KeyRow).where(KeyRow.revoked.is_(None))
    return bool(store.run(lambda session: session.scalar(count)))


async def find_key(store: Store, presented: str) -> ApiKey | None:
    """The key that a caller presents; None where it is malformed, unknown, wrong or revoked."""
    prefix, _, rest = presented.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != _PREFIX or not (key_id.isascii() and key_id.isalnum()) or not secret:
        return None
    row = await store.arun(lambda session: session.get(KeyRow, key_id))
    if row is None or not hmac.compare_digest(row.secret_hash, _hashed(secret)) or row.revoked:
        return None
    return _key(row)


def _key(row: KeyRow) -> ApiKey:
    return ApiKey(row.id, row.name, row.rate_per_minute, row.created, row.revoked)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
