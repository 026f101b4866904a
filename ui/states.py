"""What stands on the page when there is nothing to chat about: no backend, no index yet, no turn yet."""

import streamlit as st

from ui.errors import BackendError, RefusedError, UnreachableError
from ui.model import Outgoing
from ui.session import backend, capabilities
from ui.state import send
from ui.words import in_html, in_label

_POLL_SECONDS = 1.5
_EXAMPLES = (
    "a small orange plush toy with big eyes",
    "a red handbag under 80",
    "striped socks",
    "a wooden chair",
)


def draw_empty(products: int) -> None:
    """Before anything was said: what one can do, and a few things to try."""
    st.html(
        '<div class="welcome"><h1>What are you looking for?</h1>'
        f"<p>Describe it, or drop a picture of it into the box below.</p>"
        f'<p class="count">{products:,} products</p></div>'
    )
    with st.container(horizontal=True, horizontal_alignment="center", key="examples"):
        for text in _EXAMPLES:
            st.button(text, key=f"example-{text}", on_click=send, args=(Outgoing(text=text),))


def draw_failure(error: BackendError) -> None:
    """The backend cannot be asked, or refuses: why, and a way to try again.

    While it cannot be reached the page asks again by itself: it may only be starting.
    """
    if isinstance(error, UnreachableError):
        title, hint = (
            "The shop cannot be reached",
            "It may be starting; this page looks again by itself.",
        )
    elif isinstance(error, RefusedError) and error.status == 401:
        title, hint = "The shop refuses this chat", "Set SHOPLENS_API_KEY to a valid API key."
    else:
        title, hint = "The shop cannot answer", ""
    st.html(
        f'<div class="state" role="alert"><h2>{title}</h2><p>{in_html(str(error))} {hint}</p></div>'
    )
    _retry()


def draw_not_ready(reason: str) -> None:
    """No index is served: how far the one being built is, or why there is none."""
    if backend().indexing() is None:
        st.html(
            '<div class="state" role="alert"><h2>There is nothing to search yet</h2>'
            f"<p>{in_html(reason)}</p></div>"
        )
        _retry()
        return
    _building()


def _retry() -> None:
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.button("Try again", icon=":material/refresh:", key="retry", type="primary")
    _look_again()


@st.fragment(run_every=_POLL_SECONDS)
def _look_again() -> None:
    """Draw the page anew once anything has changed for the better."""
    try:
        better = not backend().why_not_ready() or backend().indexing() is not None
    except BackendError:
        return
    if better:
        st.rerun()


@st.fragment(run_every=_POLL_SECONDS)
def _building() -> None:
    try:
        found = backend().indexing()
        ready = not backend().why_not_ready()
    except BackendError:
        st.rerun()
    if ready or found is None:
        capabilities.clear()
        st.rerun()
    done, total = found["done"], found["total"]
    share = min(done / total, 1.0) if total else 0.0
    count = f"{done:,} of {total:,}" if total else f"{done:,}"
    st.html(
        '<div class="state" role="status"><h2>The catalogue is being prepared</h2>'
        "<p>This happens once. The chat opens by itself as soon as it is done.</p></div>"
    )
    st.progress(share, text=in_label(f"{found['stage']}: {count}"))
