"""``shoplens demo``: from nothing to found products, with a shop that the program draws itself."""

import time
from typing import Annotated

import typer
from rich.text import Text

from backend.cli.console import note, progress_bar, results, status
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_ENCODER,
    ApiKeyOption,
    ConsistencyOption,
    DataDirOption,
    DataFolders,
    EncoderOption,
    QdrantUrlOption,
    ReplicasOption,
    RuntimeOption,
    ShardsOption,
    index_options,
)

QUERY = "a small orange plush toy with big eyes"
_NAME = "demo"
_LIMIT = 8


def demo(
    query: Annotated[str, typer.Argument(metavar="[QUERY]", help="What to look for.")] = QUERY,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: EncoderOption = DEFAULT_ENCODER,
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    shard_number: ShardsOption = None,
    replication_factor: ReplicasOption = None,
    write_consistency_factor: ConsistencyOption = None,
    runtime: RuntimeOption = "auto",
) -> None:
    """Draw a shop, index it, and find something in it.

    The shop stays in the data folder: the second run only searches.
    """
    with status("Starting"):
        from backend.cli.answer import Question, ask
        from backend.cli.build import build_index
        from backend.cli.place import Place
        from backend.cli.tables import products_table
        from backend.gallery import write_gallery
        from generator.offline import write_recommendation
        from retriever.catalogue import Catalogue
        from retriever.drawn import draw_shop
        from retriever.index import ClusterLayout
        from retriever.thumbnails import ThumbnailStore

    folders = DataFolders(data_dir)
    started = time.perf_counter()
    with progress_bar("Drawing") as bar:
        path = draw_shop(folders.demo_shop, on_progress=bar)
    drawn = time.perf_counter()
    layout = ClusterLayout(shard_number, replication_factor, write_consistency_factor)
    place = Place(folders, _NAME, qdrant_url, api_key, layout=layout)
    report = build_index(Catalogue.open(path), place, encoder, runtime=runtime)
    indexed = time.perf_counter()
    note(
        f"A shop of {report.total:,} drawn products: drawn in {drawn - started:.1f} s, indexed in "
        f"{indexed - drawn:.1f} s ({report.encoded:,} pictures encoded)."
    )

    question = Question(query, limit=_LIMIT)
    answer = ask(question, place, encoder, runtime=runtime)
    thumbnails = ThumbnailStore(folders.pictures)
    write_gallery(folders.demo_gallery, question.for_gallery(), answer.retrieved, thumbnails)
    out = results()
    out.print(
        Text.assemble("\n", ("“" + query + "”", "bold"), f" in {1000 * answer.seconds:.0f} ms")
    )
    out.print(products_table(answer.retrieved, query, question.mode))
    out.print(Text(f"\n{write_recommendation(query, answer.retrieved).text}"))
    options = index_options(_NAME, data_dir, qdrant_url)
    note(
        f"""
The pictures: open {folders.demo_gallery} in a browser.
Ask something else: shoplens demo "striped socks"
Narrow it down: shoplens search "a red handbag"{options} --where "price <= 80"
Your own catalogue (CSV, JSONL, Parquet or a folder of pictures):
  shoplens catalogue check PATH
  shoplens index PATH
The shoplens command is in .venv/bin."""
    )
