"""Text made safe for HTML and for labels."""

import pytest

from ui.words import amount, cited, in_html, in_label, one_line, shorten


def test_html_is_escaped() -> None:
    assert in_html("<img src=x onerror='a'> & \"b\"") == (
        "&lt;img src=x onerror=&#x27;a&#x27;&gt; &amp; &quot;b&quot;"
    )


@pytest.mark.parametrize("mark", list("!\"#$%&'()*+,-./;<=>?@[\\]^_`{|}~"))
def test_every_punctuation_mark_of_a_label_is_escaped(mark: str) -> None:
    assert in_label(f"a{mark}b") == f"a\\{mark}b"


def test_codes_of_icons_are_broken() -> None:
    assert ":material" not in in_label("see :material/home: and :red[x]").replace("\\", "")
    assert ":red" not in in_label("see :red[x]")


def test_text_is_one_printable_line() -> None:
    assert one_line("a\n b\t\x07c\u202e d") == "a b c d"


def test_only_numbers_of_shown_products_become_citations() -> None:
    assert cited("See [1] and [9], not [x].", {1, 2}, "product-3") == (
        'See <a class="cite" href="#product-3-1" aria-label="product 1">1</a> and [9], not [x].'
    )


def test_citation_of_a_title_that_looks_like_one_cannot_break_out() -> None:
    assert "<b>" not in cited("“<b>[1]</b>” [1]", {1}, "product-0")


def test_shortened_at_a_word() -> None:
    assert shorten("a small orange plush toy", 15) == "a small orange…"
    assert shorten("short", 15) == "short"
    assert len(shorten("x" * 50, 15)) == 15


@pytest.mark.parametrize(
    ("number", "currency", "shown"),
    [(12, "EUR", "€12.00"), (1299, "SEK", "1,299.00 SEK"), (3.5, None, "3.50"), (3, "XXX", "3.00")],
)
def test_amounts(number: float, currency: str | None, shown: str) -> None:
    assert amount(number, currency) == shown
