"""Graphs built beside the version that is served: in a copy of it, to which the alias then moves."""

from contextlib import suppress

from retriever.errors import IndexLockedError
from retriever.index import IndexVersion, ProductIndex
from retriever.versions import fits


class GraphCopy:
    """A copy of a version that has no graph yet, in which it is built; close it when it was not."""

    def __init__(self, index: ProductIndex, source: IndexVersion) -> None:
        """Copies an open version. Raises `ProductIndexError` as `ProductIndex.copy` does."""
        info = source.info
        self._index = index
        self._source = info.version
        later = False
        for other in index.versions():
            # Copies that interrupted runs left: none of them was ever served.
            if (later or not other.complete) and fits(other.spec, info.spec):
                with suppress(IndexLockedError):
                    index.drop(other.version)
            later = later or other.version == info.version
        self._revision = index.revision(info.version)
        self._copy = index.copy(source, info.spec)
        self.version = self._copy.info.version

    @staticmethod
    def wanted(index: ProductIndex, version: IndexVersion) -> bool:
        """Whether an open version is without the graph that it is to have, in an engine that copies."""
        return index.copies and version.info.graph_pending

    def build(self) -> bool:
        """Build the graph, and serve the copy if the version it was made of still is, and unchanged.

        Whether it is served now; if not, it is gone, as it is when this raises `ProductIndexError`.
        """
        built = False
        try:
            with self._copy:
                self._copy.finish()
            built = self._index.activate_copy(self.version, self._source, self._revision)
        finally:
            # Of the two, the one that is not served. Its last searches may run: a later run drops it then.
            with suppress(IndexLockedError):
                self._index.drop(self._source if built else self.version)
        return built

    def close(self) -> None:
        """Release the copy; harmless after `build`."""
        self._copy.close()
