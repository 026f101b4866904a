"""The catalogue formats that shoplens reads, by the end of the file's name."""

from pathlib import Path

from retriever.catalogue.folder import FolderReader
from retriever.catalogue.jsonl import JsonLinesReader
from retriever.catalogue.parquet import ParquetReader
from retriever.catalogue.reader import Reader
from retriever.catalogue.tabular import TabularReader
from retriever.errors import CatalogueError

FILE_READERS: tuple[type[Reader], ...] = (TabularReader, JsonLinesReader, ParquetReader)


def reader_for(path: Path) -> Reader:
    """The reader of a catalogue file or folder. Raises `CatalogueError` for an unknown one."""
    if path.is_dir():
        return FolderReader(path)
    if not path.exists():
        raise CatalogueError(f"catalogue {path} does not exist")
    for reader in FILE_READERS:
        if path.suffix.lower() in reader.suffixes:
            return reader(path)
    known = ", ".join(suffix for reader in FILE_READERS for suffix in reader.suffixes)
    raise CatalogueError(
        f"catalogue {path} is in no known format: it should be a folder of pictures or end in {known}"
    )
