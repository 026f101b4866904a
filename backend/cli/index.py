"""``shoplens index``: bring a catalogue into an index."""

from dataclasses import asdict
from typing import Annotated

import typer

from backend.cli.catalogue_options import (
    AllowUrlsOption,
    AspectOption,
    ConfigOption,
    CurrencyOption,
    PathArgument,
    RoleOption,
    open_catalogue,
)
from backend.cli.console import note, print_json, results, status
from backend.cli.index_options import (
    EngineOption,
    ExactBelowOption,
    GraphBuildOption,
    GraphLinksOption,
    GraphSearchOption,
    OversamplingOption,
    QuantisationOption,
)
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_ENCODER,
    DEFAULT_NAME,
    AdapterOption,
    ApiKeyOption,
    ConsistencyOption,
    DataDirOption,
    DataFolders,
    EncoderOption,
    JsonOption,
    NameOption,
    QdrantUrlOption,
    ReplicasOption,
    RuntimeOption,
    ShardsOption,
    index_options,
)


def index(
    path: PathArgument,
    name: NameOption = DEFAULT_NAME,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: EncoderOption = DEFAULT_ENCODER,
    adapter: AdapterOption = None,
    runtime: RuntimeOption = "auto",
    config: ConfigOption = None,
    role: RoleOption = None,
    picture_aspect: AspectOption = None,
    currency: CurrencyOption = None,
    allow_urls: AllowUrlsOption = False,
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    shard_number: ShardsOption = None,
    replication_factor: ReplicasOption = None,
    write_consistency_factor: ConsistencyOption = None,
    engine: EngineOption = None,
    quantisation: QuantisationOption = None,
    oversampling: OversamplingOption = None,
    hnsw_m: GraphLinksOption = None,
    hnsw_ef_construct: GraphBuildOption = None,
    hnsw_ef: GraphSearchOption = None,
    exact_below: ExactBelowOption = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Write every product anew, beside what is served.")
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="ADDRESS",
            help="Encode on a Ray cluster: auto where this machine has joined it, HOST:PORT, or local.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring an index to what a catalogue holds; only new and changed products are encoded.

    An interrupted run leaves in service what was, and the same command again completes it. Another quantisation,
    graph or engine needs every product written anew, which cached features make quick.
    """
    catalogue = open_catalogue(
        path,
        config=config,
        roles=role or (),
        aspect=picture_aspect,
        currency=currency,
        allow_urls=allow_urls,
    )
    with status("Starting"):
        from backend.cli.build import build_index, indexing_table, tell_set_aside, tell_warnings
        from backend.cli.place import Place
        from retriever.index import ClusterLayout

    layout = ClusterLayout(shard_number, replication_factor, write_consistency_factor)
    place = Place(DataFolders(data_dir), name, qdrant_url, api_key, engine, layout)
    settings = {
        "quantisation": quantisation,
        "oversampling": oversampling,
        "m": hnsw_m,
        "ef_construct": hnsw_ef_construct,
        "ef": hnsw_ef,
        "exact_below": exact_below,
    }
    try:
        report = build_index(
            catalogue,
            place,
            encoder,
            adapter,
            runtime=runtime,
            settings=settings,
            rebuild=rebuild,
            ray=ray,
        )
    except KeyboardInterrupt:
        kept = "encoded" if rebuild else "encoded and written"
        note(f"Stopped. What was {kept} is kept: the same command again goes on from there.")
        raise
    if as_json:
        print_json({"name": name, **asdict(report)})
        return
    results().print(indexing_table(report, name))
    tell_set_aside(report.set_aside, catalogue.row_word)
    tell_warnings(report.warnings)
    options = index_options(name, data_dir, qdrant_url)
    note(f'Next: shoplens search "what you look for"{options} --gallery found.html')
