"""The sidebar: conversations, and filters made from what the catalogue can be filtered by."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ui.errors import BackendError
from ui.filters import Filter, chip_keys, constraints_of, filters_of
from ui.model import Chip, Json, Outgoing, Summary
from ui.session import backend, capabilities, settings
from ui.state import begin_new, chat, open_conversation, send
from ui.words import in_label, shorten

_SHOWN_FILTERS = 6
_TITLE_LENGTH = 34
_CONVERSATIONS = 8


def draw_sidebar() -> Json | None:
    """Draw it; gives the constraints that are set in it. Raises `BackendError`."""
    with st.sidebar:
        st.button(
            "New conversation",
            icon=":material/add:",
            width="stretch",
            on_click=begin_new,
            key="new-conversation",
        )
        _conversations()
        filters = filters_of(capabilities(backend().url))
        return _filters(filters)


def forget_filters(chips: Sequence[Chip]) -> None:
    """Empty the sidebar's filters of chips that were taken away; for callbacks."""
    for item in filters_of(capabilities(backend().url)):
        if item.key in {chip.key for chip in chips}:
            st.session_state[_key(item)] = _nothing(item)


def _conversations() -> None:
    found = _listed()
    if not found:
        return
    st.markdown("##### Conversations")
    for place, item in enumerate(found[:_CONVERSATIONS]):
        _line(item)
        if place == _CONVERSATIONS - 1 and len(found) > _CONVERSATIONS:
            with st.expander(f"{len(found) - _CONVERSATIONS} earlier"):
                for earlier in found[_CONVERSATIONS:]:
                    _line(earlier)


def _listed() -> list[Summary]:
    if settings().lists_all:
        return [item for item in backend().conversations() if item.title or item.id == chat().id]
    return chat().begun


def _line(item: Summary) -> None:
    current = item.id == chat().id
    with st.container(horizontal=True, gap="xsmall", key=f"conversation-{item.id}"):
        st.button(
            in_label(shorten(item.title, _TITLE_LENGTH) or "A picture"),
            key=f"open-{item.id}",
            type="secondary" if current else "tertiary",
            width="stretch",
            on_click=open_conversation,
            args=(item.id,),
        )
        st.button(
            "",
            key=f"forget-{item.id}",
            icon=":material/delete:",
            type="tertiary",
            help="Delete this conversation",
            on_click=_forget,
            args=(item.id,),
        )


def _forget(conversation_id: str) -> None:
    try:
        backend().forget(conversation_id)
    except BackendError as error:
        st.toast(in_label(str(error)), icon=":material/error:")
        return
    chat().begun = [item for item in chat().begun if item.id != conversation_id]
    if chat().id == conversation_id:
        begin_new()


def _filters(filters: list[Filter]) -> Json | None:
    if not filters:
        return None
    st.markdown("##### Filters")
    values: dict[str, Any] = {}
    for item in filters[:_SHOWN_FILTERS]:
        values[item.name] = _draw(item)
    if len(filters) > _SHOWN_FILTERS:
        with st.expander("More filters"):
            for item in filters[_SHOWN_FILTERS:]:
                values[item.name] = _draw(item)
    constraints = constraints_of(filters, values)
    if chat().turns and chip_keys(constraints) != chip_keys(chat().sent):
        st.button(
            "Apply to this search",
            key="apply-filters",
            type="primary",
            width="stretch",
            on_click=send,
            args=(Outgoing(action="Changed filters"),),
        )
    elif constraints:
        st.caption("These hold for whatever you ask.")
    return constraints


def _draw(item: Filter) -> Any:
    key, label = _key(item), item.label  # of a normalised field name: nothing to escape
    match item.kind:
        case "range":
            return st.slider(
                label,
                item.low,
                item.high,
                st.session_state.get(key, (item.low, item.high)),
                step=item.step,
                format="%.0f" if item.step == 1.0 else "%.2f",
                key=key,
                persist_state="session",
            )
        case "yes-no":
            return st.segmented_control(
                label, ["yes", "no"], key=key, width="stretch", persist_state="session"
            )
        case "choice":
            counts = item.counts or {}
            return st.multiselect(
                label,
                list(counts),
                format_func=lambda value: f"{shorten(value, 40)} ({counts[value]:,})",
                placeholder="Any",
                select_all=False,
                key=key,
                persist_state="session",
            )


def _key(item: Filter) -> str:
    return f"filter-{item.name}"


def _nothing(item: Filter) -> Any:
    return {"range": (item.low, item.high), "yes-no": None, "choice": []}[item.kind]
