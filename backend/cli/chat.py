"""``shoplens chat``: a shopping conversation in the terminal."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from backend.cli.console import note, print_json, results, status, warn
from backend.settings import (
    DEFAULT_DATA_DIR,
    DEFAULT_NAME,
    ApiKeyOption,
    DataDirOption,
    DataFolders,
    JsonOption,
    NameOption,
    QdrantUrlOption,
    RuntimeOption,
    SearchEncoderOption,
    index_options,
)

if TYPE_CHECKING:
    from generator.conversation import Conversation, Message
    from generator.events import Event
    from generator.recommender import Recommender

_LEAVE = frozenset({"", "quit", "exit", "bye", ":q", "/quit", "/exit"})


def chat(
    message: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MESSAGE]...",
            help="Messages to send in turn; without any, it asks for them.",
            show_default=False,
        ),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option("--image", metavar="FILE", help="A picture that goes with the first message."),
    ] = None,
    limit: Annotated[
        int, typer.Option("-k", "--limit", min=1, max=50, help="How many products at most.")
    ] = 6,
    llm: Annotated[
        str | None,
        typer.Option(
            "--llm",
            envvar="SHOPLENS_LLM",
            metavar="MODEL",
            help="The model that writes, by its litellm name; without one, a template does.",
        ),
    ] = None,
    llm_api_base: Annotated[
        str | None,
        typer.Option(
            "--llm-api-base", envvar="SHOPLENS_LLM_API_BASE", metavar="URL", help="Its server."
        ),
    ] = None,
    name: NameOption = DEFAULT_NAME,
    data_dir: DataDirOption = DEFAULT_DATA_DIR,
    encoder: SearchEncoderOption = None,
    runtime: RuntimeOption = "auto",
    qdrant_url: QdrantUrlOption = None,
    api_key: ApiKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Talk to the shop: follow-ups such as "cheaper ones" or "the second one in blue" are understood.

    Every sentence is checked against the products before it is printed. Lines that begin with a slash
    are commands: /without price, /compare 1 2, /clear; /help lists them. With --json, one JSON document of
    all events is printed at the end.
    """
    from backend.cli.chat_commands import command_of
    from backend.cli.place import Place
    from generator.abstention import Calibrations
    from generator.conversation import MAX_TEXT, Conversation, Message
    from generator.llm.settings import LlmSettings
    from generator.recommender import Recommender
    from retriever.adapter import open_frozen_adapter
    from retriever.capabilities import Capabilities
    from retriever.encoder.exported import open_encoder
    from retriever.errors import PictureError
    from retriever.search import ProductSearch
    from retriever.thumbnails import ThumbnailStore

    folders = DataFolders(data_dir)
    settings = LlmSettings(model=llm, api_base=llm_api_base) if llm else None
    try:
        picture = None if image is None else image.read_bytes()
    except OSError as error:
        raise PictureError(f"picture {image} cannot be read ({error.strerror})") from error
    with Place(folders, name, qdrant_url, api_key).open() as index, index.open() as version:
        with status("Loading the encoder"):
            spec = version.info.spec
            loaded = open_encoder(encoder or spec.encoder, runtime=runtime, exports=folders.exports)
            adapter = open_frozen_adapter(spec.adapter, loaded, folders.adapters)
            search = ProductSearch(version=version, encoder=loaded, adapter=adapter)
        capabilities, calibrations = Capabilities.read(version), Calibrations(folders.calibrations)
        recommender = Recommender(
            search,
            capabilities,
            llm=settings,
            thumbnails=ThumbnailStore(folders.pictures),
            abstention=calibrations,
        )
        if calibrations.find(capabilities) is None:
            note(
                "Not calibrated: the nearest products are shown even where nothing fits. Next: shoplens calibrate"
                + index_options(name, data_dir, qdrant_url)
            )
        conversation = Conversation()
        documents: list[object] = []
        if not message:
            note(
                "Say what you look for; /help lists commands, an empty line ends the conversation."
            )
        for line in message or _asked():
            command = command_of(line, conversation)
            if command is not None and command.clear:
                conversation = Conversation()
            if command is not None and command.send is None:
                note(command.say)
                continue
            text, removed = (line, ()) if command is None else (command.send or "", command.removed)
            sent = Message(text=text[:MAX_TEXT], picture=picture, removed=removed, k=limit)
            picture = None
            events = asyncio.run(_answer(recommender, conversation, sent, shown=not as_json))
            documents.append([event.model_dump(mode="json") for event in events])
    if as_json:
        print_json(documents)


def _asked() -> Iterator[str]:
    while True:
        try:
            text = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if text.casefold() in _LEAVE:
            return
        yield text


async def _answer(
    recommender: "Recommender", conversation: "Conversation", message: "Message", *, shown: bool
) -> "list[Event]":
    from retriever.errors import QueryError

    events: list[Event] = []
    try:
        async for event in recommender.reply(conversation, message):
            events.append(event)
            if shown:
                _show(event, message.text)
    except QueryError as error:
        warn(str(error))
    return events


def _show(event: "Event", query: str) -> None:
    from backend.cli.tables import products_table
    from retriever.retrieved import RetrievedProduct

    out = results()
    if event.type == "understood" and event.chips:
        out.print(Text("  ".join(f"[{chip.label}]" for chip in event.chips), style="cyan"))
    elif event.type == "products" and any(item.score is not None for item in event.items):
        retrieved = [
            RetrievedProduct(item.product, item.score or 0.0, item.number, item.picture_key)
            for item in event.items
        ]
        out.print(products_table(retrieved, query, "dense"))
    elif event.type == "text":
        out.print(Text(event.text, style="yellow" if event.notice else ""), soft_wrap=True)
    elif event.type == "done":
        tokens = f", {event.tokens_in:,} + {event.tokens_out:,} tokens" if event.tokens_in else ""
        out.print(Text(f"({event.writer}, {event.seconds.total:.2f} s{tokens})\n", style="dim"))
