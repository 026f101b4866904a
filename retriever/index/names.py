"""Names of indexes and of their versions."""

import re
from collections.abc import Iterable

from retriever.errors import IndexMissingError, ProductIndexError

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


def missing_index(name: str, place: str) -> IndexMissingError:
    return IndexMissingError(
        f"nothing is being served under the name {name!r} in {place}; index a catalogue first "
        "(shoplens index CATALOGUE), or name the version to open"
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
