"""The pages without a browser, against a real backend."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

VIEWS = Path(__file__).resolve().parents[2] / "ui" / "views"
PointChat = Callable[..., None]


def page(name: str = "chat") -> AppTest:
    return AppTest.from_file(VIEWS / f"{name}.py", default_timeout=60)


def html_of(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def ask(app: AppTest, text: str) -> AppTest:
    return app.chat_input[0].set_value(text).run()


def address_of(app: AppTest) -> str:
    """The id of the conversation in the page's address."""
    found = app.query_params["c"]
    return found if isinstance(found, str) else found[0]


def test_empty_chat_offers_examples_and_filters(backend_url: str, chat_of: PointChat) -> None:
    chat_of(backend_url)
    app = page().run()
    assert not app.exception
    assert "What are you looking for?" in html_of(app)
    assert any("plush" in button.label for button in app.button)
    assert "Price (USD)" in [slider.label for slider in app.slider]
    assert "Colour" in [select.label for select in app.multiselect]


def test_question_gives_cited_cards_chips_and_an_address(
    backend_url: str, chat_of: PointChat
) -> None:
    chat_of(backend_url)
    app = ask(page().run(), "a small orange plush toy")
    assert not app.exception
    shown = html_of(app)
    assert 'class="cite" href="#product-0-1"' in shown
    assert 'id="product-0-1"' in shown
    assert "category toys" in [button.label for button in app.button]
    assert len(address_of(app)) == 32
    assert "offline writer" in "".join(str(badge.value) for badge in app.markdown)


def test_conversation_is_found_again_in_another_session(
    backend_url: str, chat_of: PointChat
) -> None:
    chat_of(backend_url)
    first = ask(page().run(), "striped socks")
    conversation = address_of(first)
    second = page()
    second.query_params["c"] = conversation
    second.run()
    assert not second.exception
    assert "striped socks" in html_of(second)
    assert html_of(second).count("<article") == html_of(first).count("<article") > 0
    assert f"open-{conversation}" in [button.key for button in second.button]


def test_conversations_of_others_are_not_listed_on_a_shared_chat(
    backend_url: str, chat_of: PointChat
) -> None:
    chat_of(backend_url, lists_all=False)
    first = ask(page().run(), "a wooden chair")
    conversation = address_of(first)
    assert f"open-{conversation}" in [button.key for button in first.button]
    second = page().run()
    assert [button.key for button in second.button if str(button.key).startswith("open-")] == []


def test_chip_can_be_removed(backend_url: str, chat_of: PointChat) -> None:
    chat_of(backend_url)
    app = ask(page().run(), "an orange toy under 15")
    [chip] = [button for button in app.button if str(button.key).endswith("-price")]
    chip.click().run()
    assert not app.exception
    assert [button for button in app.button if str(button.key).endswith("-price")] == []
    assert "Without: price under 15.00 USD" in html_of(app)


def test_filter_of_the_sidebar_holds_and_lets_go(backend_url: str, chat_of: PointChat) -> None:
    chat_of(backend_url)
    app = page().run()
    colour = next(select for select in app.multiselect if select.label == "Colour")
    colour.set_value(["blue"]).run()
    ask(app, "something soft")
    assert "colour blue" in [button.label for button in app.button]
    next(select for select in app.multiselect if select.label == "Colour").set_value([]).run()
    app.button(key="apply-filters").click().run()
    assert not app.exception
    assert "colour blue" not in [button.label for button in app.button]


def test_more_like_this(backend_url: str, chat_of: PointChat) -> None:
    chat_of(backend_url)
    app = ask(page().run(), "a red handbag")
    app.button(key="like-0-2").click().run()
    assert not app.exception
    assert "More like" in html_of(app)
    assert 'id="product-1-1"' in html_of(app)


def test_nothing_fits_offers_ways_out(backend_url: str, chat_of: PointChat) -> None:
    chat_of(backend_url)
    app = ask(page().run(), "an orange toy under 0.5")
    ways = [button for button in app.button if str(button.key).startswith("relax-")]
    assert ways
    assert "No product satisfies every limit" in html_of(app)
    next(way for way in ways if "price" in str(way.key)).click().run()
    assert not app.exception
    assert 'id="product-1-1"' in html_of(app)


def test_backend_that_is_down_is_said_and_not_an_exception(chat_of: PointChat) -> None:
    chat_of("http://127.0.0.1:9")
    for name in ("chat", "evaluation"):
        app = page(name).run()
        assert not app.exception
        assert "cannot be reached" in html_of(app)
        assert app.button(key="retry")


def test_unknown_address_begins_a_new_conversation(backend_url: str, chat_of: PointChat) -> None:
    chat_of(backend_url)
    app = page()
    app.query_params["c"] = "0" * 32
    app.run()
    assert not app.exception
    assert "no such conversation" in app.warning[0].value
    assert "What are you looking for?" in html_of(app)


def test_comparison_of_two(backend_url: str, chat_of: PointChat) -> None:
    chat_of(backend_url)
    app = ask(page().run(), "a small orange plush toy")
    app.checkbox(key="compare-0-1").check().run()
    assert app.button(key="compare").disabled
    app.checkbox(key="compare-0-2").check().run()
    app.button(key="compare").click().run()
    assert not app.exception
    assert '<div class="compared">' in html_of(app)


def test_evaluation_page_shows_tables_ranks_and_two_adapters(
    backend_url: str, chat_of: PointChat
) -> None:
    chat_of(backend_url)
    app = page("evaluation").run()
    assert not app.exception
    shown = html_of(app)
    assert "Recall@10" in shown
    assert 'class="whisker"' in shown
    assert "on both sides" in shown or "on the other side" in shown
    table = app.dataframe[0].value
    assert {"query", "zero-shot", "fashion", "change"} <= set(table.columns)
    losses = list(table["change"])
    assert losses == sorted(losses)
    app.selectbox(key="rank-order").select("largest gains").run()
    gains = list(app.dataframe[0].value["change"])
    assert gains == sorted(gains, reverse=True)
    app.text_input(key="side-query").set_value("striped socks").run()
    assert html_of(app) != shown


@pytest.mark.parametrize("name", ["chat", "evaluation"])
def test_refused_key_is_said(name: str, backend_url: str, chat_of: PointChat) -> None:
    """A key is not asked for on loopback, so a wrong one does no harm; that must not crash either."""
    chat_of(backend_url, key="shoplens_wrong_key")
    assert not page(name).run().exception
