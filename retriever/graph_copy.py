"""Graphs built beside the version that is served: in a copy of it, to which the alias then moves."""

from contextlib import ExitStack, suppress

from retriever.errors import ProductIndexError
from retriever.index import IndexVersion, ProductIndex
from retriever.versions import drop_unless_used, fits


class GraphCopy:
    """A copy of a version that has no graph yet, in which it is built; close it in any case."""

    def __init__(self, index: ProductIndex, source: IndexVersion) -> None:
        """Copies an open version. Raises `ProductIndexError` as `ProductIndex.copy` does."""
        info = source.info
        self._index = index
        self._source = info.version
        self._revision = index.revision(info.version)
        self._copy = _left(index, source) or index.copy(source, info.spec)
        self._served = False
        self.version = self._copy.info.version

    @staticmethod
    def wanted(index: ProductIndex, version: IndexVersion) -> bool:
        """Whether an open version is without the graph that it is to have, in an engine that copies."""
        return index.copies and version.info.graph_pending

    def build(self) -> bool:
        """Build the graph, and serve the copy if the version it was made of still is, and unchanged.

        Whether it is served now. Raises `ProductIndexError`.
        """
        with self._copy:
            if not self._copy.info.complete:
                self._copy.finish()
        self._served = self._index.activate_instead(self.version, self._source, self._revision)
        if self._served:
            drop_unless_used(self._index, self._source)
        return self._served

    def close(self) -> None:
        """Release the copy, which goes unless it has come into service."""
        self._copy.close()
        if not self._served:
            # Refused for the version that is served: an interruption may have come just after it was.
            with suppress(ProductIndexError):
                self._index.drop(self.version)


def _left(index: ProductIndex, source: IndexVersion) -> IndexVersion | None:
    """A whole copy with its graph that an interrupted run left, open; other such leavings are dropped."""
    info = source.info
    for other in index.versions():
        if other.version == info.version or not fits(other.spec, info.spec):
            continue
        if not other.complete:
            drop_unless_used(index, other.version)
        elif not other.graph_pending:
            # Open elsewhere, gone or damaged: another copy is made.
            with suppress(ProductIndexError), ExitStack() as opened:
                version = opened.enter_context(index.open(other.version))
                if version.keys() == source.keys():
                    opened.pop_all()
                    return version
    return None
