"""Product cards: a grid of picture, title, price, why it was found, and what one can do with it."""

import re
from dataclasses import dataclass

import streamlit as st

from ui.errors import BackendError
from ui.model import Card, Outgoing, Product, Turn
from ui.session import backend, picture_of
from ui.state import MOST_COMPARED, chat, send
from ui.words import in_html, in_label, shorten

_TITLE_LENGTH = 70
_REASONS = 3
_PLAIN_REASON = "words of its title"


@dataclass(frozen=True, slots=True)
class Place:
    """Where cards stand: the number of their turn, which makes keys and anchors of the page."""

    turn: int

    def anchor(self) -> str:
        return f"product-{self.turn}"

    def key(self, what: str, card: Card) -> str:
        return f"{what}-{self.turn}-{card.number}"


def draw_cards(turn: Turn, place: Place) -> None:
    """The cards of a turn in a grid that fits the width of the screen."""
    if not turn.cards:
        return
    picture_of.warm([card.product.picture for card in turn.cards])
    with st.container(key=f"cards-{place.turn}"):
        for card in turn.cards:
            with st.container(border=True, key=place.key("card", card), gap="xsmall"):
                _draw(card, turn, place)


def card_html(card: Card, anchor: str) -> str:
    """What a card says, as HTML in which nothing of the product is markup."""
    product = card.product
    origin = " · ".join(in_html(text) for text in (product.brand, product.category) if text)
    reasons = [_short(reason) for reason in card.matches if reason != _PLAIN_REASON]
    why = "".join(f"<li>{in_html(reason)}</li>" for reason in reasons[:_REASONS])
    return (
        f'<article class="product" id="{anchor}-{card.number}">'
        f'<h4><span class="number" aria-hidden="true">{card.number}</span>'
        f"{in_html(shorten(product.name, _TITLE_LENGTH))}</h4>"
        f'<p class="price">{in_html(product.priced) or "no price given"}</p>'
        + (f'<p class="origin">{origin}</p>' if origin else "")
        + (f'<ul class="why" aria-label="Why it was found">{why}</ul>' if why else "")
        + _details(card)
        + "</article>"
    )


def alt_text(product: Product) -> str:
    """What a picture shows, for who cannot see it."""
    colour = next(
        (value for name, value in product.facts if name in ("colour", "color", "base colour")), ""
    )
    described = f"{product.name}, {colour}" if colour else product.name
    return shorten(f"Picture of {described}", 120)


def _short(reason: str) -> str:
    """Of "price 14.50 USD (under 15.00 USD)" the limit alone: the price stands on the card already."""
    match = re.fullmatch(r"price [^(]+\((.+)\)", reason)
    return match[1] if match else reason


def _details(card: Card) -> str:
    product = card.product
    rows = [*product.facts, ("product id", product.id)]
    if card.score is not None:
        rows.insert(0, ("score", f"{card.score:.3f}"))
    described = "".join(f"<dt>{in_html(name)}</dt><dd>{in_html(text)}</dd>" for name, text in rows)
    text = f"<p>{in_html(product.description)}</p>" if product.description else ""
    return f"<details><summary>Details</summary>{text}<dl>{described}</dl></details>"


def _draw(card: Card, turn: Turn, place: Place) -> None:
    product = card.product
    picture = picture_of(product.picture)
    if picture is None:
        st.html('<div class="no-picture">no picture</div>')
    else:
        st.image(picture, width="stretch", alt=alt_text(product))
    st.html(card_html(card, place.anchor()))
    st.button(
        "More like this",
        key=place.key("like", card),
        icon=":material/image_search:",
        width="stretch",
        on_click=send,
        args=(
            Outgoing(like=product.id, action=f"More like “{shorten(product.name, _TITLE_LENGTH)}”"),
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        key = place.key("thumbs", card)
        st.feedback("thumbs", key=key, on_change=_judge, args=(key, turn.query, product))
        held = chat().compares(product)
        box = place.key("compare", card)
        st.session_state[box] = held  # the list may have been emptied elsewhere
        st.checkbox(
            "Compare",
            key=box,
            disabled=not held and len(chat().compared) >= MOST_COMPARED,
            on_change=_toggle,
            args=(product,),
        )


def _judge(key: str, query: str, product: Product) -> None:
    thumb = st.session_state[key]
    if thumb is None:
        return
    try:
        backend().judge(query, product.id, thumb == 1, chat().id)
    except BackendError as error:
        st.session_state[key] = None
        st.toast(f"Your verdict was not kept. {in_label(str(error))}", icon=":material/error:")
    else:
        st.toast("Thank you, that is kept.", icon=":material/check:")


def _toggle(product: Product) -> None:
    now = chat()
    if now.compares(product):
        now.compared = [other for other in now.compared if other.id != product.id]
    else:
        now.compared = [*now.compared, product][:MOST_COMPARED]
