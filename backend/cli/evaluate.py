"""``shoplens eval``: how well products are found, with and without adapters; ``shoplens report``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

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
from backend.cli.console import note, print_json, progress_bar, results, status
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_ENCODER,
    ApiKeyOption,
    DataDirOption,
    DataFolders,
    EncoderOption,
    JsonOption,
    QdrantUrlOption,
)
from retriever.errors import SettingsError

if TYPE_CHECKING:
    from backend.cli.place import Place
    from retriever.encoder import Encoder
    from training.evaluation import Query, Suite
    from training.evaluation.result import IndexCost
    from training.pairs import Pairs


def evaluate(
    path: PathArgument,
    split: Annotated[
        Literal["train", "val", "test", "all"],
        typer.Option("--split", help="Which products; the catalogue's own column, else by seed."),
    ] = "test",
    seed: Annotated[int, typer.Option("--seed", help="Of splits that shoplens makes.")] = 0,
    adapter: Annotated[
        list[str] | None,
        typer.Option(
            "--adapter",
            metavar="NAME",
            help="Compare an adapter, by name or folder, with zero-shot; several may be given.",
        ),
    ] = None,
    suite: Annotated[
        list[str] | None,
        typer.Option(
            "--suite",
            metavar="NAME",
            help="Only this suite: known-item, attribute or typed; may be given several times.",
        ),
    ] = None,
    least: Annotated[
        int,
        typer.Option("--least", min=1, help="Fewest products that an attribute query must have."),
    ] = 10,
    text: Annotated[
        Literal["title", "title+description"],
        typer.Option("--text", help="What known-item queries are made of."),
    ] = "title",
    index: Annotated[
        str | None,
        typer.Option("--index", metavar="NAME", help="Also search through this index, as served."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write the HTML report too.")
    ] = None,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: EncoderOption = DEFAULT_ENCODER,
    config: ConfigOption = None,
    role: RoleOption = None,
    picture_aspect: AspectOption = None,
    currency: CurrencyOption = None,
    allow_urls: AllowUrlsOption = False,
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how well the products of a catalogue are found, and compare adapters with zero-shot.

    Known items (a product's text must find it), attributes (colour + type), and shopper-style queries of
    every type. The result is kept in the data folder, for `shoplens report`.
    """
    suites = _suites(suite)
    catalogue = open_catalogue(
        path,
        config=config,
        roles=role or (),
        aspect=picture_aspect,
        currency=currency,
        allow_urls=allow_urls,
    )
    from backend.cli.evaluation_tables import print_evaluation
    from backend.cli.place import Place
    from retriever.adapter import Adapter, open_adapter
    from retriever.encoder import Encoder
    from retriever.features import FeatureCache
    from training.evaluation.catalogue import (
        ZERO_SHOT,
        adapter_ranker,
        evaluation_of,
        suites_of,
    )
    from training.evaluation.ranking import Ranker
    from training.evaluation.report import write_report
    from training.pairs import read_pairs

    folders = DataFolders(data_dir)
    with status(f"Loading the encoder {encoder}"):
        loaded = Encoder.load(encoder)
    adapters = {name: open_adapter(name, loaded, folders.adapters) for name in adapter or ()}
    pictures = FeatureCache(folders.features, loaded.fingerprint, loaded.dim)
    texts = FeatureCache(folders.features, loaded.fingerprint, loaded.dim, kind="text")
    with status("Encoding pictures that were not seen before"):
        pairs = read_pairs(catalogue, loaded, pictures)
    every = _with_text(pairs, text)
    pairs = _part(every, split, seed)
    _check_seeds(list(adapter or ()), every, path, split, seed, folders)
    queries = suites_of(pairs, suites, least=least)
    methods = {ZERO_SHOT: Adapter.identity(loaded.dim), **adapters}
    rankers: dict[str, Ranker] = {
        name: adapter_ranker(pairs, loaded, pictures, texts, made) for name, made in methods.items()
    }
    with progress_bar("Searching") as bar:
        costs = (
            []
            if index is None
            else _index_costs(
                Place(folders, index, qdrant_url, api_key),
                loaded,
                # The index holds all splits, so products of all of them may answer.
                _same_queries(suites_of(every, suites, least=least), queries),
            )
        )
        found = evaluation_of(
            pairs,
            queries,
            rankers,
            catalogue=path.stem,
            split=split,
            encoder=loaded.spec,
            fingerprint=loaded.fingerprint,
            index=costs,
            on_progress=bar,
        )
    kept = folders.evaluations / f"{_file_name(path.stem, split, list(adapters))}.json"
    found.save(kept)
    if report is not None:
        write_report(found, report)
    if as_json:
        print_json(found.model_dump(mode="json", exclude={"pictures", "queries"}))
        return
    print_evaluation(found, results())
    if report is None:
        note(f"Next: shoplens report {kept} -o report.html  (errors, breakdowns and pictures)")
    else:
        note(f"report: open {report} in a browser; the figures are in {kept}")


def report(
    result: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RESULT]",
            help="What `shoplens eval` kept.",
            show_default="the newest in the data folder",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The page to write.")
    ] = Path("report.html"),
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
) -> None:
    """Write the report of an evaluation: one HTML page with tables, breakdowns, errors and pictures."""
    from training.evaluation.report import write_report
    from training.evaluation.result import Evaluation

    source = result or _newest(DataFolders(data_dir).evaluations)
    write_report(Evaluation.read(source), output)
    note(f"report of {source}: open {output} in a browser")


def _check_seeds(
    adapters: list[str], pairs: "Pairs", path: Path, split: str, seed: int, folders: DataFolders
) -> None:
    """Raises `SettingsError` where products of this split were trained on: split by another seed."""
    from retriever.adapter import IDENTITY, locate_adapter, read_record
    from training.pairs import has_own_splits

    if split == "all" or has_own_splits(pairs):
        return
    for name in adapters:
        if name == IDENTITY:
            continue
        recipe = read_record(locate_adapter(name, folders.adapters))["recipe"]
        used = recipe.get("fit", {}).get("seed", seed)
        if used != seed and recipe.get("trained_on", "").startswith(f"{path.name},"):
            raise SettingsError(
                f"adapter {name} was trained on {path.name} split by seed {used}, so the {split} products of "
                f"seed {seed} are partly those it was trained on; give --seed {used}"
            )


def _part(pairs: "Pairs", split: str, seed: int) -> "Pairs":
    """The pairs of a split. Raises `SettingsError` where it has none."""
    from training.pairs import split_pairs

    if split == "all":
        return pairs
    splits = split_pairs(pairs, seed)
    rows = [row for row, found in enumerate(splits) if found == split]
    if not rows:
        raise SettingsError(f"no product is in the split {split!r}; choose another, or --split all")
    return pairs.subset(rows)


def _suites(given: list[str] | None) -> "list[Suite]":
    from training.evaluation import Suite

    known: tuple[Suite, ...] = get_args(Suite)
    if unknown := set(given or ()) - set(known):
        raise SettingsError(
            f"--suite {', '.join(sorted(unknown))}: there is none; choose from {', '.join(known)}"
        )
    return [name for name in known if given is None or name in given]


def _with_text(pairs: "Pairs", text: str) -> "Pairs":
    """Titles alone, or with descriptions: shoppers type the former, agents may paste the latter."""
    if text == "title":
        return pairs
    from dataclasses import replace

    texts = [f"{product.title} {product.description}".strip() for product in pairs.products]
    return replace(pairs, texts=texts)


def _index_costs(place: "Place", encoder: "Encoder", queries: "list[Query]") -> "list[IndexCost]":
    from retriever.adapter import open_adapter
    from retriever.search import ProductSearch
    from training.evaluation.catalogue import cost_of_index
    from training.evaluation.ranking import SearchRanker

    with place.open() as index, index.open() as version:
        adapter = open_adapter(version.info.spec.adapter, encoder, place.folders.adapters)
        search = ProductSearch(version=version, encoder=encoder, adapter=adapter)
        return cost_of_index(queries, SearchRanker(search, exact=True), name=place.name)


def _same_queries(among: "list[Query]", wanted: "list[Query]") -> "list[Query]":
    ids = {query.id for query in wanted}
    return [query for query in among if query.id in ids]


def _file_name(catalogue: str, split: str, adapters: list[str]) -> str:
    names = [catalogue, split, *(Path(name).name for name in adapters)]
    return "-".join("".join(c if c.isalnum() or c in "._" else "_" for c in n) for n in names)


def _newest(folder: Path) -> Path:
    found = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    if not found:
        raise SettingsError(f"{folder} holds no results; make one with `shoplens eval CATALOGUE`")
    return found[-1]
