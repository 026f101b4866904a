"""The same words searched zero-shot and with an adapter, rank by rank."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui.cards import alt_text
from ui.errors import RefusedError
from ui.evaluation.scores import method_name
from ui.model import Json, Product
from ui.session import backend, picture_of
from ui.words import in_html, in_label, shorten

_FOUND = 8
_EXAMPLE = "a small orange plush toy with big eyes"


def draw_side_by_side() -> None:
    """Ask with two adapters and show what each finds. Raises `BackendError`."""
    adapters = backend().adapters()
    names = [item["name"] for item in adapters]
    if len(names) < 2:
        st.info(
            "No adapter fits the served encoder yet; train one with `shoplens train CATALOGUE --as NAME`.",
            icon=":material/tune:",
        )
        return
    text = st.text_input("Query", _EXAMPLE, key="side-query", max_chars=2_000)
    columns = st.columns(2, wrap=False)
    with columns[0]:
        left = st.selectbox("Left", names, 0, key="side-left", format_func=method_name)
    with columns[1]:
        right = st.selectbox("Right", names, 1, key="side-right", format_func=method_name)
    in_use = next((item["name"] for item in adapters if item["in_use"]), None)
    if in_use is not None:
        st.caption(f"The shop is served with {in_label(method_name(in_use))}.")
    if not text.strip():
        return
    try:
        found = backend().compare(text, list(dict.fromkeys([left, right])), _FOUND)
    except RefusedError as error:  # what was measured is below, and stays
        st.warning(in_label(str(error)), icon=":material/info:")
        return
    by_name = {item["adapter"]: item["products"] for item in found}
    picture_of.warm(
        [Product.read(item).picture for products in by_name.values() for item in products]
    )
    for column, name, other in zip(st.columns(2), (left, right), (right, left), strict=True):
        with column:
            st.markdown(f"**{in_label(method_name(name))}**")
            _draw(by_name[name], ranks_of(by_name[other]))


def ranks_of(products: Sequence[Json]) -> dict[str, int]:
    return {item["id"]: item["rank"] for item in products}


def moved(rank: int, elsewhere: int | None) -> str:
    """Where the other side has it."""
    if elsewhere is None:
        return f"beyond {_FOUND} on the other side"
    if elsewhere == rank:
        return "same rank on both sides"
    return f"rank {elsewhere} on the other side"


def _draw(products: Sequence[Json], elsewhere: Mapping[str, int]) -> None:
    with st.container(gap="xsmall"):
        for item in products:
            _line(item, elsewhere.get(item["id"]))


def _line(item: Json, elsewhere: int | None) -> None:
    product = Product.read(item)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        picture = picture_of(product.picture)
        if picture is not None:
            st.image(picture, width=64, alt=alt_text(product))
        st.html(_described(item, product, elsewhere))


def _described(item: Mapping[str, Any], product: Product, elsewhere: int | None) -> str:
    tone = "quiet" if elsewhere == item["rank"] else ("worse" if elsewhere is None else "moved")
    facts = " · ".join(in_html(value) for _, value in product.facts[:3])
    return (
        f'<div class="ranked"><p><span class="number">{item["rank"]}</span>'
        f"<b>{in_html(shorten(product.name, 60))}</b> {in_html(product.priced)}</p>"
        f'<p class="quiet">{facts}</p>'
        f'<p class="quiet">score {item["score"]:.3f} · '
        f'<span class="{tone}">{moved(item["rank"], elsewhere)}</span></p></div>'
    )
