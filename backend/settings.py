"""What one sets for every command, by option or by environment variable, and where data is kept."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

DEFAULT_DATA_DIR = Path(".shoplens")
DEFAULT_ENCODER = "mini"
DEFAULT_NAME = "products"

NameOption = Annotated[
    str, typer.Option("--name", envvar="SHOPLENS_NAME", help="Name of the index.")
]

DataDirOption = Annotated[
    Path,
    typer.Option(
        "--data-dir",
        envvar="SHOPLENS_DATA_DIR",
        file_okay=False,
        help="Folder for indexes, cached features and small pictures.",
    ),
]

_ENCODER_HELP = (
    "open_clip model: mini (bundled), name:pretrained, hf-hub:owner/model, or a local folder."
)

EncoderOption = Annotated[
    str, typer.Option("--encoder", envvar="SHOPLENS_ENCODER", help=_ENCODER_HELP)
]

AdapterOption = Annotated[
    str | None,
    typer.Option(
        "--adapter",
        metavar="NAME",
        help="Adapter of that name or folder; identity is zero-shot.",
        show_default="the one in use",
    ),
]

Runtime = Literal["auto", "torch", "openvino", "int8"]
"""As `retriever.encoder.runtime.Runtime`, which takes PyTorch to import."""

RuntimeOption = Annotated[
    Runtime,
    typer.Option(
        "--runtime",
        envvar="SHOPLENS_RUNTIME",
        help="What runs the encoder; auto is OpenVINO on a CPU, PyTorch on a GPU; int8 encodes pictures "
        "faster with a large encoder.",
    ),
]

SearchEncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        envvar="SHOPLENS_ENCODER",
        help=_ENCODER_HELP,
        show_default="the one that built the index",
    ),
]

QdrantUrlOption = Annotated[
    str | None,
    typer.Option(
        "--qdrant-url",
        "--server-url",
        envvar="QDRANT_URL",
        metavar="URL",
        help="Server to keep the index in, instead of the data folder: Qdrant at http://..., or Milvus "
        "at milvus://...",
    ),
]


def _key_of_server(context: typer.Context, key: str | None) -> str | None:
    """The key, unless it stands in the environment and no server is used: others may need it there."""
    source = context.get_parameter_source("api_key")
    from_environment = source is not None and source.name == "ENVIRONMENT"
    return None if from_environment and context.params.get("qdrant_url") is None else key


ApiKeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="QDRANT_API_KEY",
        callback=_key_of_server,
        metavar="KEY",
        help="API key of that server; in the environment variable other users cannot see it.",
    ),
]

ShardsOption = Annotated[
    int | None,
    typer.Option(
        "--shard-number",
        envvar="QDRANT_SHARD_NUMBER",
        min=1,
        metavar="N",
        help="Shards of versions made from now on, on a Qdrant cluster.",
        show_default="as the one served",
    ),
]

ReplicasOption = Annotated[
    int | None,
    typer.Option(
        "--replication-factor",
        envvar="QDRANT_REPLICATION_FACTOR",
        min=1,
        metavar="N",
        help="Nodes that keep each shard of them.",
        show_default="as the one served",
    ),
]

ConsistencyOption = Annotated[
    int | None,
    typer.Option(
        "--write-consistency-factor",
        envvar="QDRANT_WRITE_CONSISTENCY_FACTOR",
        min=1,
        metavar="N",
        help="Nodes that must have a write before it counts.",
        show_default="as the one served",
    ),
]

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]


def index_options(name: str, data_dir: Path, qdrant_url: str | None = None) -> str:
    """The options that name this index again, for commands that a message suggests."""
    named = "" if name == DEFAULT_NAME else f" --name {shlex.quote(name)}"
    if qdrant_url is not None:
        named += f" --qdrant-url {shlex.quote(qdrant_url)}"
    return named + (
        "" if data_dir == DEFAULT_DATA_DIR else f" --data-dir {shlex.quote(str(data_dir))}"
    )


@dataclass(frozen=True, slots=True)
class DataFolders:
    """What is kept below the data folder."""

    root: Path

    @property
    def index(self) -> Path:
        """The embedded indexes."""
        return self.root / "index"

    @property
    def features(self) -> Path:
        """Features of pictures, by backbone."""
        return self.root / "features"

    @property
    def exports(self) -> Path:
        """Towers exported for OpenVINO, by backbone."""
        return self.root / "exports"

    @property
    def adapters(self) -> Path:
        """Adapters, a folder of that name each."""
        return self.root / "adapters"

    @property
    def pictures(self) -> Path:
        """Small copies of the pictures of indexed products."""
        return self.root / "pictures"

    @property
    def evaluations(self) -> Path:
        """Results of `shoplens eval`."""
        return self.root / "evaluations"

    @property
    def progress(self) -> Path:
        """How far indexes are that are being built."""
        return self.root / "progress"

    @property
    def calibrations(self) -> Path:
        """When to say "nothing fits", by encoder, adapter and catalogue."""
        return self.root / "calibrations"

    @property
    def database(self) -> Path:
        """API keys, conversations and feedback, unless another database is set."""
        return self.root / "shoplens.db"

    @property
    def demo_shop(self) -> Path:
        """The drawn demo catalogue."""
        return self.root / "demo-shop"

    @property
    def demo_gallery(self) -> Path:
        return self.root / "demo-gallery.html"
