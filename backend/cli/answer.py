"""Asking an index: what the commands ``search`` and ``demo`` share."""

import time
from dataclasses import dataclass
from pathlib import Path

from backend.cli.console import status
from backend.cli.place import Place
from backend.gallery import GalleryQuery
from backend.settings import Runtime
from retriever.adapter import open_frozen_adapter
from retriever.encoder.exported import open_encoder
from retriever.errors import PictureError
from retriever.index import Mmr
from retriever.picture import Picture
from retriever.retrieved import Mode, RetrievedProduct
from retriever.search import ProductSearch
from retriever.where_parser import parse_where


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as it was typed; an empty ``where`` is no filter."""

    text: str
    picture: Path | None = None
    picture_weight: float = 0.5
    where: str = ""
    limit: int = 10
    mode: Mode = "dense"
    diverse: bool = False

    def for_gallery(self) -> GalleryQuery:
        picture = None if self.picture is None else Picture(self.picture)
        return GalleryQuery(self.text, picture, self.where, self.mode)


@dataclass(frozen=True, slots=True)
class Answer:
    """The products found, and how long encoding the question and searching took, in seconds."""

    question: Question
    version: str
    retrieved: list[RetrievedProduct]
    seconds: float

    def to_dict(self) -> dict[str, object]:
        """The answer as plain JSON values."""
        question = self.question
        return {
            "query": {
                "text": question.text,
                "picture": None if question.picture is None else str(question.picture),
                "where": question.where,
                "mode": question.mode,
                "limit": question.limit,
            },
            "version": self.version,
            "seconds": round(self.seconds, 4),
            "products": [
                {
                    "rank": found.rank,
                    "score": found.score,
                    **found.product.model_dump(mode="json"),
                }
                for found in self.retrieved
            ],
        }


def ask(
    question: Question,
    place: Place,
    encoder: str | None,
    adapter: str | None = None,
    runtime: Runtime = "auto",
) -> Answer:
    """Search the index with the encoder and adapter of those names (None: those that built the index).

    Raises what opening, loading and searching raise; a filter that cannot be read is refused first.
    """
    where = parse_where(question.where) if question.where.strip() else None
    with place.open() as index, index.open() as version:
        with status("Loading the encoder"):
            spec = version.info.spec
            loaded = open_encoder(
                encoder or spec.encoder, runtime=runtime, exports=place.folders.exports
            )
            adapted = open_frozen_adapter(adapter or spec.adapter, loaded, place.folders.adapters)
        search = ProductSearch(
            version=version,
            encoder=loaded,
            adapter=adapted,
            mode=question.mode,
            picture_weight=question.picture_weight,
            mmr=Mmr() if question.diverse else None,
        )
        started = time.perf_counter()
        try:
            retrieved = search.search(
                question.text, question.picture, where=where, limit=question.limit
            )
        except PictureError as error:
            if str(question.picture) in str(error):
                raise
            raise PictureError(f"picture {question.picture}: {error}") from error
        return Answer(question, version.info.version, retrieved, time.perf_counter() - started)
