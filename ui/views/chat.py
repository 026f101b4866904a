"""The chat page."""

import streamlit as st

from ui.cards import Place
from ui.compare import draw_bar
from ui.errors import BackendError, RefusedError
from ui.filters import given_up
from ui.model import Json, Outgoing, Turn
from ui.reply import receive
from ui.session import backend, capabilities
from ui.sidebar import draw_sidebar
from ui.state import Chat, begin_new, chat, follow_address
from ui.states import draw_empty, draw_failure, draw_not_ready
from ui.turns import SHOP, draw_reply, draw_said, reply_html, scroll_to_question

_PICTURES = ("png", "jpg", "jpeg", "webp", "gif", "bmp")
_PICTURE_MB = 10
_MOST_WORDS = 2_000


def main() -> None:
    """Draw the page, and send what was said since it was drawn last."""
    try:
        reason = backend().why_not_ready()
        if reason:
            draw_not_ready(reason)
            return
        _follow_address()
        constraints = draw_sidebar()
        products = capabilities(backend().url)["products"]
    except BackendError as error:
        _history(chat())
        draw_failure(error)
        return
    _conversation(chat(), constraints, products)


def _follow_address() -> None:
    try:
        follow_address(backend())
    except RefusedError as error:
        if error.status not in (404, 422):
            raise
        begin_new()
        st.warning("There is no such conversation here; this is a new one.", icon=":material/info:")


def _conversation(now: Chat, constraints: Json | None, products: int) -> None:
    said = st.chat_input(
        "A product, in your words",
        key="said",
        accept_file=True,
        file_type=list(_PICTURES),
        max_chars=_MOST_WORDS,
        max_upload_size=_PICTURE_MB,
        submit_mode="disable",
    )
    message, now.pending = now.pending, None
    if said is not None and (said.text.strip() or said.files):
        message = Outgoing(
            text=said.text.strip(), picture=said.files[0].getvalue() if said.files else None
        )
    if message is None:
        if not now.turns:
            draw_empty(products)
        _history(now)
        draw_bar()
        if now.answered:
            now.answered = False
            scroll_to_question()
        return
    _history(now, answered=False)
    _send(now, message, constraints)


def _history(now: Chat, *, answered: bool = True) -> None:
    for number, turn in enumerate(now.turns):
        draw_said(turn)
        draw_reply(turn, Place(number), last=answered and number == len(now.turns) - 1)


def _send(now: Chat, message: Outgoing, constraints: Json | None) -> None:
    """Send a message and show the reply as it streams; then draw the page anew, with its buttons."""
    turn = Turn(
        text=message.text,
        picture=message.picture,
        had_picture=message.picture is not None,
        action=message.action,
    )
    place = Place(len(now.turns))
    now.turns.append(turn)
    draw_said(turn)
    with st.chat_message("assistant", avatar=SHOP):
        spot = st.empty()
        spot.html('<p class="said quiet" role="status">Looking …</p>')
        removed = (*message.removed, *given_up(now.sent, constraints))
        sent = Outgoing(
            text=message.text, picture=message.picture, like=message.like, removed=removed
        )
        now.unfinished = True
        try:
            events = backend().say(now.id, sent, constraints)
            receive(events, turn, now, lambda: spot.html(reply_html(turn, place)))
        except BackendError as error:
            turn.problem = str(error)
    now.unfinished, now.answered = False, True
    now.sent = constraints
    st.rerun()


main()
