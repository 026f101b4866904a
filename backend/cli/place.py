"""Where an index is."""

from dataclasses import dataclass

from backend.settings import DataFolders
from retriever.index import ClusterLayout, Engine, ProductIndex, open_index


@dataclass(frozen=True, slots=True)
class Place:
    """Below the data folder, or on the server at ``qdrant_url``; kept by ``engine`` if that is named."""

    folders: DataFolders
    name: str
    qdrant_url: str | None = None
    api_key: str | None = None
    engine: Engine | None = None
    layout: ClusterLayout | None = None

    def open(self) -> ProductIndex:
        """Raises `SettingsError`, `ProductIndexError`."""
        path = self.folders.index if self.qdrant_url is None else None
        return open_index(
            self.name,
            path=path,
            url=self.qdrant_url,
            api_key=self.api_key,
            engine=self.engine,
            layout=self.layout,
        )
