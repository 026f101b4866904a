"""The chat as a shopper has it: real processes, a real browser."""

import csv
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from backend.store import Store
from backend.store.feedback import training_pairs
from tests.ui.conftest import Shoplens, free_port, stop, wait_for

pytestmark = pytest.mark.usefixtures("browser")

_PATIENCE_MS = 40_000
_START_MS = 180_000
HOSTILE = (
    "Mug [x](javascript:pwned=1) <img src=x onerror='pwned=1'>",
    "Cup $\\frac{1}{2}$ :material/home: :red[red] `code` **bold**",
    "Bowl <script>pwned=1</script> [1] & co",
)


@pytest.fixture
def page(browser: Browser) -> Page:
    """A page that remembers requests to anywhere but this machine in ``page.outside``."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    return opened


def ask(page: Page, text: str) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(text)
    box.press("Enter")


def open_chat(page: Page, address: str) -> None:
    """Until the backend is there too: on a busy machine its start takes a while."""
    page.goto(address)
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_visible(timeout=_START_MS)


def expect_turns(page: Page, count: int) -> None:
    """Until that many questions are answered, cards and all."""
    expect(page.locator(".stChatMessage:has(.asked)")).to_have_count(count)
    expect(page.locator(f"#product-{count - 1}-1")).to_be_visible()
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_enabled()


def test_conversation_from_question_to_restart(
    shop: Path, tmp_path: Path, shoplens: Shoplens, page: Page
) -> None:
    outside: list[str] = []
    page.on(
        "request",
        lambda request: (
            outside.append(request.url)
            if not request.url.startswith(("http://127.0.0.1", "data:", "blob:"))
            else None
        ),
    )
    data = tmp_path / "data"
    shutil.copytree(shop, data)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = ("ui", "--name", "shop", "--data-dir", data, "--port", str(port))
    running = shoplens(*command)
    wait_for(address, running, tmp_path / "log")
    open_chat(page, address)

    # A question: the text streams, cites, and each citation is a card with a picture and an alt text.
    ask(page, "a small orange plush toy with big eyes")
    expect_turns(page, 1)
    cited = page.locator("a.cite").first
    expect(cited).to_have_attribute("href", re.compile("#product-0-[0-9]"))
    cited.click()
    expect(page.locator(".product:target")).to_have_count(1)
    picture = page.locator('[class*="st-key-card-0-1"] img')
    expect(picture).to_have_attribute("alt", re.compile("^Picture of "))
    assert picture.evaluate("picture => picture.naturalWidth") > 0
    expect(page.get_by_text("offline writer").first).to_be_visible()

    # A thumb.
    page.locator('[class*="st-key-thumbs-0-1"] button').first.click()
    expect(page.get_by_text("Thank you, that is kept.")).to_be_visible()

    # A follow-up keeps the subject.
    ask(page, "under 500")
    expect_turns(page, 2)
    expect(page.get_by_role("button", name="price under 500.00 USD")).to_be_visible()

    # A filter of the sidebar, applied to what was asked last.
    page.get_by_role("combobox", name=re.compile("^Material")).click()
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Apply to this search").click()
    expect(page.locator(".stChatMessage:has(.asked)")).to_have_count(3)
    expect(page.get_by_role("button", name=re.compile("^material "))).to_be_visible()

    # A picture alone.
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("What are you looking for?")).to_be_visible()
    toy = next(path for path in (shop.parent / "shop" / "pictures").iterdir())
    page.locator('[data-testid="stChatInput"] input[type="file"]').set_input_files(toy)
    expect(page.get_by_test_id("stChatInputFile").or_(page.get_by_text(toy.name))).to_be_visible()
    # Not by Enter at once: until the picture is over there, that sends nothing.
    send = page.get_by_test_id("stChatInputSubmitButton")
    expect(send).to_be_enabled()
    send.click()
    expect_turns(page, 1)
    expect(page.get_by_alt_text("The picture you sent")).to_be_visible()
    kept = page.url
    assert re.search("c=[0-9a-f]{32}", kept)

    # Both processes end by Ctrl-C and start again; a second start meanwhile finds the first.
    again = shoplens(*command, log="second")
    assert again.wait(60) == 0
    assert "running already" in (tmp_path / "second").read_text()
    assert stop(running) == 0
    running = shoplens(*command)
    wait_for(address, running, tmp_path / "log")
    open_chat(page, kept)
    expect_turns(page, 1)
    expect(page.get_by_alt_text("The picture you sent")).to_be_visible()
    page.get_by_role("button", name="a small orange plush toy").click()
    expect(page.locator(".stChatMessage:has(.asked)")).to_have_count(3)
    expect(page.locator("#product-0-1")).to_be_visible()

    # It fits a phone.
    page.set_viewport_size({"width": 390, "height": 844})
    wide = "[...document.querySelectorAll('.stMain, .stMain *')].filter(e => e.getBoundingClientRect().right > 391).length"
    assert page.evaluate(wide) == 0
    assert stop(running) == 0
    assert outside == []
    store = Store(f"sqlite:///{data / 'shoplens.db'}")
    assert [pair.verdict for pair in training_pairs(store)] == ["relevant"]
    store.close()


def test_text_of_products_is_never_markup(tmp_path: Path, shoplens: Shoplens, page: Page) -> None:
    """A catalogue made to attack: its titles, brands and categories are shown letter for letter."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    catalogue = _hostile_catalogue(tmp_path)
    running = shoplens("ui", catalogue, "--data-dir", tmp_path / "data", "--port", str(port))
    wait_for(address, running, tmp_path / "log")
    open_chat(page, address)  # the index is being built until then
    said = "a mug :smile: $x$ <b>b</b> [x](y)"
    ask(page, said)
    expect_turns(page, 1)
    for place in range(2):
        page.locator(f'[class*="st-key-compare-0-{place + 1}"] label').click()
    page.locator(".st-key-compare button").click()
    expect(page.locator(".compared")).to_be_visible()
    shown = page.locator("body").inner_text()
    assert HOSTILE[0] in shown
    assert "**bold**" in shown
    page.keyboard.press("Escape")
    page.locator('[class*="st-key-like-0-1"] button').click()
    expect(page.locator(".stChatMessage:has(.asked)")).to_have_count(2)
    for markup in ('img[src="x"]', 'a[href^="javascript"]', ".katex", ".said b", ".stMain strong"):
        assert page.locator(markup).count() == 0, markup
    label = page.locator('[class*="st-key-open-"] button')
    assert label.inner_text().replace("\u2060", "") == said
    assert page.evaluate("window.pwned") is None
    assert stop(running) == 0


def _hostile_catalogue(folder: Path) -> Path:
    with (folder / "hostile.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "title", "brand", "category", "price", "image"])
        for number, title in enumerate(HOSTILE):
            picture = Image.new("RGB", (48, 48), "white")
            ImageDraw.Draw(picture).ellipse((8, 8, 40, 40), fill=(200, 30 + 60 * number, 30))
            picture.save(folder / f"{number}.png")
            rows.writerow(
                [
                    f"p{number}",
                    title,
                    f"<b>{title[:3]}</b>",
                    f"*{title[:3]}*",
                    "9.00",
                    f"{number}.png",
                ]
            )
    return folder / "hostile.csv"
