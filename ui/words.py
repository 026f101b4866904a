"""Text of products and people, made safe for the three places it is shown in: HTML, labels, citations."""

import html
import re
from collections.abc import Container

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CITATION = re.compile(r"\[(\d{1,3})\]")
_WORD_JOINER = "\u2060"

CURRENCY_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
NO_CURRENCY = "XXX"


def in_html(text: str) -> str:
    """Text for an element or a quoted attribute of `st.html`: one line, nothing in it is markup."""
    return html.escape(one_line(text))


def in_label(text: str) -> str:
    """Text for the label of a widget, which Streamlit reads as Markdown.

    Every punctuation mark is escaped. Emoji and icon codes (``:material/...:``) are looked for after that,
    so a colon is followed by a word joiner, which is not visible and breaks them.
    """
    escaped = _PUNCTUATION.sub(r"\\\1", one_line(text))
    return escaped.replace("\\:", f"\\:{_WORD_JOINER}")


def one_line(text: str) -> str:
    """The text without control characters and with single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cited(text: str, numbers: Container[int], anchor: str) -> str:
    """A sentence as HTML: each ``[3]`` of a product that was shown becomes a link to its card.

    The card of number 3 has the id ``{anchor}-3``. Other bracketed numbers stay text.
    """

    def link(match: re.Match[str]) -> str:
        number = int(match[1])
        if number not in numbers:
            return match[0]
        return (
            f'<a class="cite" href="#{anchor}-{number}" aria-label="product {number}">{number}</a>'
        )

    return _CITATION.sub(link, in_html(text))


def shorten(text: str, length: int) -> str:
    """One line of at most ``length`` characters, cut at a word where there is one."""
    line = one_line(text)
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    head, blank, _ = cut.rpartition(" ")
    return (head if blank and len(head) > length // 2 else cut).rstrip(" ,;.") + "…"


def amount(number: float, currency: str | None) -> str:
    """A price as a shopper reads it: ``€12.00``, ``1,299.00 SEK``, ``12.00`` in no known currency."""
    shown = f"{number:,.2f}"
    if currency is None or currency == NO_CURRENCY:
        return shown
    sign = CURRENCY_SIGNS.get(currency)
    return f"{sign}{shown}" if sign else f"{shown} {currency}"


def spaced(name: str) -> str:
    """A field's name in words: ``base_colour`` -> ``base colour``."""
    return name.replace("_", " ")
