"""`Chat`: the conversation that a browser tab shows, kept in Streamlit's session state."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import streamlit as st

from ui.client import Backend
from ui.errors import RefusedError
from ui.model import Card, Chip, Json, Outgoing, Product, Sentence, Summary, Turn

MOST_COMPARED = 3
_KEY = "chat"
_ADDRESS = "c"


@dataclass(slots=True)
class Chat:
    """A conversation and what the tab holds beside it.

    ``pending`` is a message that a button wants sent in the coming run. ``unfinished`` is set while a
    reply streams: a run that is interrupted leaves it, and the next one reads the conversation again from
    the backend, which keeps what was shown. ``answered`` is set for the run after a reply. ``sent`` are the sidebar's constraints as sent last.
    """

    id: str | None = None
    turns: list[Turn] = field(default_factory=list)
    chips: tuple[Chip, ...] = ()
    compared: list[Product] = field(default_factory=list)
    pending: Outgoing | None = None
    unfinished: bool = False
    answered: bool = False
    sent: Json | None = None
    begun: list[Summary] = field(default_factory=list)

    def compares(self, product: Product) -> bool:
        return any(other.id == product.id for other in self.compared)


def chat() -> Chat:
    """The chat of this session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Chat()
    return cast(Chat, st.session_state[_KEY])


def send(message: Outgoing) -> None:
    """Have a message sent in the coming run; for callbacks of buttons."""
    chat().pending = message


def begin_new() -> None:
    """An empty conversation, under no address."""
    _replace(Chat())
    st.query_params.pop(_ADDRESS, None)


def open_conversation(conversation_id: str) -> None:
    """Have a conversation loaded in the coming run."""
    st.query_params[_ADDRESS] = conversation_id


def follow_address(backend: Backend) -> None:
    """Make the chat that of the page's address, so that reloads and restarts find it again.

    Raises `BackendError` where it cannot be loaded; the chat is then a new one.
    """
    asked = st.query_params.get(_ADDRESS)
    now = chat()
    if asked and asked == now.id and now.unfinished:
        now.unfinished = False
        with suppress(RefusedError):  # interrupted so early that nothing was kept: what came stays
            _replace(load(backend, asked))
    elif asked and asked != now.id:
        _replace(Chat())
        _replace(load(backend, asked))
    elif now.id is not None and not asked:
        st.query_params[_ADDRESS] = now.id


def took_place(conversation_id: str, title: str) -> None:
    """The backend has given the conversation its id: from now on it has an address."""
    now = chat()
    if now.id != conversation_id:
        now.id = conversation_id
        now.begun.insert(0, Summary(conversation_id, title, 0.0))
        st.query_params[_ADDRESS] = conversation_id


def load(backend: Backend, conversation_id: str) -> Chat:
    """A conversation as the backend keeps it. Raises `BackendError`."""
    document = backend.conversation(conversation_id)
    products = backend.shown(conversation_id)
    turns = [_turn(item, products) for item in document["turns"]]
    picture = backend.picture_of(conversation_id)
    for turn in reversed(turns):
        if turn.had_picture:
            turn.picture = picture
            break
    return Chat(conversation_id, turns, Chip.read_all(document["constraints"]))


def _replace(other: Chat) -> None:
    other.begun = chat().begun
    st.session_state[_KEY] = other


def _turn(document: Json, products: dict[str, Product]) -> Turn:
    understanding = document["understanding"]
    return Turn(
        text=document["text"],
        had_picture=document["had_picture"],
        asked=understanding["text"],
        action="" if document["text"] or document["had_picture"] else _action(document, products),
        intent=understanding["intent"],
        cards=_cards(document, products),
        sentences=[Sentence(document["reply"])] if document["reply"] else [],
        fits=document["fits"],
        writer=document["writer"],
    )


def _action(document: Json, products: dict[str, Product]) -> str:
    understanding = document["understanding"]
    references = understanding["references"]
    if understanding["intent"] == "more_like" and references and references[0] in products:
        return f"More like “{products[references[0]].name}”"
    return "Changed filters"


def _cards(document: Json, products: dict[str, Product]) -> list[Card]:
    """The cards of a turn whose products the catalogue still has, under the numbers that cite them."""
    shown = [
        Card(item["position"], products[item["product_id"]], item["score"], tuple(item["matches"]))
        for item in document["shown"]
        if item["product_id"] in products
    ]
    if shown or document["understanding"]["intent"] not in ("compare", "detail"):
        return shown
    # A comparison shows what earlier turns had shown, numbered anew in the order spoken of.
    pointed_at = [i for i in document["understanding"]["references"] if i in products]
    return [Card(number, products[product_id]) for number, product_id in enumerate(pointed_at, 1)]
