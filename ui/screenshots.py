"""``python -m ui.screenshots ADDRESS FOLDER``: the pictures of the chat in the documentation.

Drives a running chat (`shoplens ui`) with a Chromium of this machine: a question and a follow-up, at the
width of a desktop and of a phone, and the evaluation page. It needs the packages of ``shoplens[dev]``.
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

QUESTION, FOLLOW_UP = "a small orange plush toy with big eyes", "under 12, not by Nuvo Kids"
_SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
_COLOURS = 256
_SETTLE_MS = 1_500
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic"
).split()


def take(address: str, folder: Path, browser: Browser) -> list[Path]:
    """Write ``chat-desktop.png``, ``chat-phone.png`` and so on; gives their paths."""
    written = []
    for device, (width, height) in _SIZES.items():
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(60_000)
        page.goto(address)
        for count, text in enumerate((QUESTION, FOLLOW_UP), 1):
            _ask(page, text, count)
            name = f"chat-{device}.png" if count == 1 else f"chat-follow-up-{device}.png"
            written.append(_keep(page, folder / name))
        page.goto(f"{address}/evaluation")
        page.get_by_role("heading", name="Every query").wait_for()
        page.wait_for_timeout(_SETTLE_MS)
        written.append(_keep(page, folder / f"evaluation-{device}.png"))
        page.get_by_role("heading", name="Measured").scroll_into_view_if_needed()
        page.get_by_role("heading", name="Measured").evaluate("e => e.scrollIntoView()")
        page.wait_for_timeout(_SETTLE_MS)
        written.append(_keep(page, folder / f"evaluation-measured-{device}.png"))
        page.close()
    return written


def _ask(page: Page, text: str, count: int) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(text)
    box.press("Enter")
    page.locator(f"#product-{count - 1}-1").wait_for()
    page.locator("[class*='st-key-chips']").wait_for()
    page.wait_for_timeout(2 * _SETTLE_MS)


def _keep(page: Page, path: Path) -> Path:
    """A picture of the window with a palette of its own: a third of the size, and no loss one sees."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    palette = shot.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT)
    shot.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    return path


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m ui.screenshots", description=__doc__)
    parser.add_argument("address", help="of the chat, such as http://127.0.0.1:8501")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        parser.error("there is no chromium on the PATH; install one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        for path in take(given.address.rstrip("/"), given.folder, browser):
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")  # noqa: T201
        browser.close()


if __name__ == "__main__":
    main()
