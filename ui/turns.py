"""A turn on the page: what was said, the reply with its citations, the cards, and ways on."""

import streamlit as st

from ui.cards import Place, draw_cards
from ui.model import Chip, Outgoing, Turn
from ui.sidebar import forget_filters
from ui.state import chat, send
from ui.words import cited, in_html, in_label

SHOPPER, SHOP = ":material/person:", ":material/storefront:"


_TO_THE_QUESTION = """<script>
for (const wait of [60, 350, 900]) setTimeout(() => {
  const asked = document.querySelectorAll(".stChatMessage:has(.asked)");
  asked[asked.length - 1]?.scrollIntoView({block: "start"});
}, wait);
</script>"""
"""Streamlit scrolls to the end of a page with a chat input; a reply is read from its beginning."""


def scroll_to_question() -> None:
    """Bring what was asked last to the top of the window. The script is fixed: no text gets into it."""
    st.html(_TO_THE_QUESTION, unsafe_allow_javascript=True)


def draw_said(turn: Turn) -> None:
    """The shopper's side of a turn."""
    with st.chat_message("user", avatar=SHOPPER):
        st.html('<span class="asked"></span>')
        if turn.text:
            st.html(f'<p class="said">{in_html(turn.text)}</p>')
        elif turn.action:
            st.html(f'<p class="said quiet">{in_html(turn.action)}</p>')
        if turn.picture is not None:
            st.image(turn.picture, width=160, alt="The picture you sent")
        elif turn.had_picture:
            st.html('<p class="said quiet">with a picture</p>')


def reply_html(turn: Turn, place: Place) -> str:
    """The reply as HTML; notices of the system stand apart from what was written."""
    numbers = {card.number for card in turn.cards}
    notices = [s.text for s in turn.sentences if s.notice]
    written = [s.text for s in turn.sentences if not s.notice]
    parts = [f'<p class="notice">{cited(text, numbers, place.anchor())}</p>' for text in notices]
    if written:
        sentences = " ".join(cited(text, numbers, place.anchor()) for text in written)
        parts.append(f'<p class="said">{sentences}</p>')
    return f'<div class="reply" aria-live="polite">{"".join(parts)}</div>'


def draw_reply(turn: Turn, place: Place, *, last: bool) -> None:
    """The shop's side of a turn; ways on from it belong to the last one."""
    with st.chat_message("assistant", avatar=SHOP):
        if turn.sentences:
            st.html(reply_html(turn, place))
        if turn.problem:
            st.error(in_label(turn.problem), icon=":material/error:")
        draw_cards(turn, place)
        if turn.writer:
            _writer(turn)
        if last:
            _relaxations(turn, place)
            _chips(place)


def _writer(turn: Turn) -> None:
    """Who wrote it: the template is no language model, and a shopper should know."""
    if turn.writer != "offline":
        st.badge(in_label(turn.writer), icon=":material/edit:", color="gray")
        return
    why = "No language model is set up, so a template wrote this from the products found."
    if turn.fallback:
        why = f"The language model could not be used: {in_label(turn.fallback)}. A template wrote this."
    st.badge("offline writer", icon=":material/cloud_off:", color="gray", help=why)


def _relaxations(turn: Turn, place: Place) -> None:
    if not turn.relaxations:
        return
    with st.container(horizontal=True, key=f"relax-{place.turn}"):
        for way in turn.relaxations:
            st.button(
                in_label(f"Without {way.chip.label} ({way.count:,})"),
                key=f"relax-{place.turn}-{way.chip.key}",
                icon=":material/filter_alt_off:",
                on_click=_without,
                args=(way.chip,),
            )


def _chips(place: Place) -> None:
    """The constraints in force; each can be taken away."""
    chips = chat().chips
    if not chips:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="chips"):
        st.html('<span class="quiet">Looking for:</span>', width="content")
        for chip in chips:
            st.button(
                in_label(chip.label),
                key=f"chip-{place.turn}-{chip.key}",
                icon=":material/close:",
                icon_position="right",
                help="Take this away and search again",
                on_click=_without,
                args=(chip,),
            )


def _without(chip: Chip) -> None:
    forget_filters([chip])
    send(Outgoing(removed=(chip.key,), action=f"Without: {chip.label}"))
