"""Two or three products side by side."""

import streamlit as st

from ui.cards import alt_text
from ui.model import Product
from ui.session import picture_of
from ui.state import MOST_COMPARED, chat
from ui.words import in_html, shorten

_LEAST = 2
_NONE = "–"


def draw_bar() -> None:
    """How many products are chosen, and the button that compares them."""
    chosen = chat().compared
    if not chosen:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="compare-bar"):
        count = f"{len(chosen)} of up to {MOST_COMPARED} to compare"
        st.html(f'<span class="quiet">{count}</span>', width="content")
        st.button(
            "Compare",
            key="compare",
            type="primary",
            icon=":material/compare_arrows:",
            disabled=len(chosen) < _LEAST,
            on_click=_open,
        )
        st.button("Clear", key="compare-clear", type="tertiary", on_click=_clear)
    if st.session_state.pop("compare-open", False):
        _dialog()


def table_html(products: list[Product]) -> str:
    """Rows of what the products are listed with; rows in which they differ are marked."""
    names = dict.fromkeys(name for product in products for name, _ in product.facts)
    rows = [
        ("price", [product.priced for product in products]),
        ("brand", [product.brand for product in products]),
        ("category", [product.category for product in products]),
        *((name, [dict(product.facts).get(name, "") for product in products]) for name in names),
        ("description", [shorten(product.description, 160) for product in products]),
    ]
    head = "".join(f'<th scope="col">{in_html(shorten(p.name, 60))}</th>' for p in products)
    body = "".join(_row(name, values) for name, values in rows if any(values))
    return (
        '<div class="compared"><table><thead><tr><th scope="col"><span>of</span></th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(name: str, values: list[str]) -> str:
    differs = len({value.casefold() for value in values}) > 1
    cells = "".join(f"<td>{in_html(value) or _NONE}</td>" for value in values)
    return (
        f'<tr{" class=differs" if differs else ""}><th scope="row">{in_html(name)}</th>{cells}</tr>'
    )


@st.dialog("Side by side", width="large")
def _dialog() -> None:
    products = chat().compared
    picture_of.warm([product.picture for product in products])
    with st.container(key="compared-pictures"):
        for product in products:
            picture = picture_of(product.picture)
            if picture is not None:
                st.image(picture, width="stretch", alt=alt_text(product))
    st.html(table_html(products))


def _open() -> None:
    st.session_state["compare-open"] = True


def _clear() -> None:
    chat().compared = []
