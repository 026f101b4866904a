"""Options of ``shoplens index`` that say which engine keeps an index and how; see docs/engines.md."""

from typing import Annotated, Literal

import typer

EngineOption = Annotated[
    Literal["edge", "faiss", "milvus", "qdrant"] | None,
    typer.Option(
        "--engine",
        help="What keeps the index; other commands find it out by themselves.",
        show_default="edge in the data folder, qdrant on a server",
    ),
]

QuantisationOption = Annotated[
    Literal["none", "int8", "binary"] | None,
    typer.Option(
        "--quantisation",
        help="Keep a byte or a bit of each number in memory, the whole vectors on disk.",
        show_default="as the index is, else none",
    ),
]

OversamplingOption = Annotated[
    float | None,
    typer.Option(
        "--oversampling",
        help="With quantisation: candidates ranked again by whole vectors, for each product asked for.",
        show_default="2 for int8, 32 for binary",
    ),
]

GraphLinksOption = Annotated[
    int | None,
    typer.Option("--hnsw-m", help="Links of a product in the graph.", show_default="16"),
]

GraphBuildOption = Annotated[
    int | None,
    typer.Option(
        "--hnsw-ef-construct", help="Candidates when the graph is built.", show_default="128"
    ),
]

GraphSearchOption = Annotated[
    int | None,
    typer.Option("--hnsw-ef", help="Candidates when the graph is searched.", show_default="256"),
]

ExactBelowOption = Annotated[
    int | None,
    typer.Option(
        "--exact-below",
        help="Compare every product, without a graph, below so many.",
        show_default="20,000",
    ),
]
