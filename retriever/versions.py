"""Versions of an index: which one a load goes into, and which ones stay beside the one that is served."""

from collections.abc import Sequence
from dataclasses import replace

from retriever.errors import IndexLockedError, IndexMissingError, ProductIndexError
from retriever.index import IndexSettings, IndexSpec, IndexVersion, ProductIndex, VersionInfo

KEEP_PREVIOUS = 1
"""Versions that stay beside the active one, to roll back to by activating them."""


def fits(held: IndexSpec, spec: IndexSpec) -> bool:
    """Whether the vectors and filters of a version are those that the spec asks for.

    Where the encoder was loaded from is of no account as long as it is the same one; the adapter's name
    is, because searching loads it by that.
    """
    return replace(held, encoder=spec.encoder) == spec


def version_to_load(
    spec: IndexSpec, index: ProductIndex, served: str | None, rebuild: bool
) -> IndexVersion:
    """The version to load into: the active one, else the newest other one of that spec, else a new one.

    That other one is an interrupted load, or was served before another encoder was tried.
    """
    if rebuild:
        return index.create(spec)
    fitting = [info.version for info in index.versions() if fits(info.spec, spec)]
    if not fitting:
        return index.create(spec)
    return index.open(served if served in fitting else fitting[-1])


def served_settings(index: ProductIndex) -> IndexSettings:
    """Settings of the active version; the default ones before there is one."""
    active = index.active()
    settings = [info.spec.settings for info in index.versions() if info.version == active]
    return settings[0] if settings else IndexSettings()


def drop_old_versions(index: ProductIndex, served_before: str | None) -> None:
    """Drop all but the active version and the last one served before it.

    One that was served only until a copy of it had its graph is not what one would go back to, nor is a copy
    that never was served.
    """
    active = index.active()
    infos = index.versions()
    others = [info for info in reversed(infos) if info.version != active]
    previous = [info for info in others if info.complete and not _has_copy_with_graph(info, infos)]
    served = [info.spec for info in infos if info.version == active]
    # Stable sort: the one just replaced first, then what is another one than the served, then the newest.
    previous.sort(
        key=lambda info: (
            info.version != served_before,
            any(fits(info.spec, spec) for spec in served),
        )
    )
    kept = previous[:KEEP_PREVIOUS]
    for info in others:
        if info not in kept:
            drop_unless_used(index, info.version)


def drop_unless_used(index: ProductIndex, version: str) -> None:
    """Drop a version, unless it is open (a later run drops it), gone already, or has just come into service."""
    try:
        index.drop(version)
    except (IndexLockedError, IndexMissingError):
        return
    except ProductIndexError:
        if index.active() != version:
            raise


def _has_copy_with_graph(info: VersionInfo, infos: Sequence[VersionInfo]) -> bool:
    return info.graph_pending and any(
        other.complete and not other.graph_pending and fits(other.spec, info.spec)
        for other in infos
    )
