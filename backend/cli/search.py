"""``shoplens search``: products for words, a picture, or both."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from backend.cli.console import note, print_json, results
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_NAME,
    AdapterOption,
    ApiKeyOption,
    DataDirOption,
    DataFolders,
    JsonOption,
    NameOption,
    QdrantUrlOption,
    RuntimeOption,
    SearchEncoderOption,
)


def search(
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="What to look for.", show_default=False)
    ] = "",
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="A picture to look for.")
    ] = None,
    picture_weight: Annotated[
        float,
        typer.Option(
            "--picture-weight", help="Share of the picture, 0 to 1, beside words.", metavar="SHARE"
        ),
    ] = 0.5,
    where: Annotated[
        str | None,
        typer.Option(
            "--where", metavar="FILTER", help="Such as 'price <= 50 and colour in (red, orange)'."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("-k", "--limit", help="How many products at most.")] = 10,
    mode: Annotated[
        Literal["dense", "lexical", "hybrid"],
        typer.Option("--mode", help="By looks, by the words of the catalogue, or by both."),
    ] = "dense",
    diverse: Annotated[
        bool, typer.Option("--diverse", help="Fewer products that look alike (dense only).")
    ] = False,
    gallery: Annotated[
        Path | None,
        typer.Option("--gallery", metavar="FILE", help="Write the products as an HTML page too."),
    ] = None,
    name: NameOption = DEFAULT_NAME,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: SearchEncoderOption = None,
    adapter: AdapterOption = None,
    runtime: RuntimeOption = "auto",
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search an index and print the best products.

    Scores are cosine similarities (dense), BM25 (lexical) or fused ranks (hybrid): they rank the
    products of one search and do not compare across searches.
    """
    from backend.cli.answer import Question, ask
    from backend.cli.place import Place
    from backend.cli.tables import products_table
    from backend.gallery import write_gallery
    from retriever.thumbnails import ThumbnailStore

    folders = DataFolders(data_dir)
    question = Question(
        text=text,
        picture=image,
        picture_weight=picture_weight,
        where=where or "",
        limit=limit,
        mode=mode,
        diverse=diverse,
    )
    place = Place(folders, name, qdrant_url, api_key)
    answer = ask(question, place, encoder, adapter, runtime)
    if gallery is not None:
        write_gallery(
            gallery, question.for_gallery(), answer.retrieved, ThumbnailStore(folders.pictures)
        )
        note(f"gallery: {gallery}")
    if as_json:
        print_json(answer.to_dict())
    elif answer.retrieved:
        results().print(products_table(answer.retrieved, text, mode))
        if diverse:
            note(
                "Each product is the one that adds most to those above it, so scores need not fall."
            )
    else:
        note("Nothing in the index fits. Other words or a wider filter may find something.")
