"""Names of indexes and of their versions."""

import re
from collections.abc import Iterable

from retriever.errors import IndexMissingError, ProductIndexError
from retriever.index.base import VersionInfo

_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?")
_VERSION = re.compile(r"v(\d{4,})")


def check_name(name: str) -> str:
    """An index name that is safe as a folder and as a collection; raises `ProductIndexError`."""
    if not _NAME.fullmatch(name) or "__" in name:
        raise ProductIndexError(
            f"{name!r} cannot name an index; use up to 64 of a-z, 0-9, single _ and -, beginning and "
            "ending with a letter or digit"
        )
    return name


def is_version(text: str) -> bool:
    return _VERSION.fullmatch(text) is not None


def next_version(existing: Iterable[str]) -> str:
    """``"v0001"`` for the first, then one more than the highest."""
    numbers = (int(version[1:]) for version in existing if is_version(version))
    return f"v{max(numbers, default=0) + 1:04d}"


def missing_version(name: str, version: str, existing: Iterable[str]) -> IndexMissingError:
    stored = ", ".join(existing) or "none"
    return IndexMissingError(
        f"index {name!r} has no version {version!r}; stored versions: {stored}"
    )


def missing_index(
    name: str, place: str, begun: Iterable[VersionInfo] = (), others: Iterable[str] = ()
) -> IndexMissingError:
    """No version is served: of those that were begun none has been activated; other names may have one."""
    if begun := list(begun):
        return IndexMissingError(
            f"nothing is being served under the name {name!r} in {place} yet: version {begun[-1].version} holds "
            f"{begun[-1].count:,} products, but its load was interrupted; the same `shoplens index` again completes it"
        )
    named = ", ".join(f"--name {other}" for other in others)
    there = f"; indexed under another name: {named}. Else" if named else ";"
    return IndexMissingError(
        f"nothing is being served under the name {name!r} in {place}{there} index a catalogue first "
        "(shoplens index CATALOGUE)"
    )


def incomplete_version(name: str, version: str) -> ProductIndexError:
    return ProductIndexError(
        f"version {version} of index {name!r} is incomplete (its load was interrupted), so it is not "
        "served; run the indexing again to complete it"
    )


def active_version(name: str, version: str) -> ProductIndexError:
    return ProductIndexError(
        f"version {version} of index {name!r} is the one being served; activate another one before "
        "dropping it"
    )
