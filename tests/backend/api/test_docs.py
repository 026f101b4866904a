"""The page that describes the API."""

import json
import re
import shlex
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx


class Page(HTMLParser):
    """What a page would load or run, where it links to, and the commands on it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.commands: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._within = tag
        if tag in ("script", "img", "iframe", "link", "object") or "src" in given:
            self.loads.append(tag)
        self.loads += [name for name in given if name.startswith("on")]
        self.links += [given["href"] or ""] if "href" in given else []
        self.ids |= {given["id"] or ""} if "id" in given else set()
        if tag == "pre":
            self.commands.append("")

    def handle_data(self, data: str) -> None:
        if self._within == "pre":
            self.commands[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


def test_the_page_loads_and_runs_nothing(client: httpx.Client) -> None:
    reply = client.get("/docs")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = Page(reply.text)
    assert page.loads == []
    policy = reply.headers["content-security-policy"]
    nonce = re.search(r"style-src 'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert f'<style nonce="{nonce[1]}">' in reply.text
    assert policy.startswith("default-src 'none'; ")
    assert client.get("/docs").headers["content-security-policy"] != policy
    assert client.get("/redoc").status_code == 404


def test_every_operation_is_on_it_with_a_command_that_works(client: httpx.Client, url: str) -> None:
    page = Page(client.get("/docs").text)
    schema = client.get("/openapi.json").json()
    ids = {op["operationId"] for path in schema["paths"].values() for op in path.values()}
    assert page.ids == ids
    assert {link for link in page.links if link.startswith("#")} == {f"#{one}" for one in ids}
    assert "/docs" not in schema["paths"]
    assert len(page.commands) == len(ids)
    tried = [command for command in page.commands if "{" not in command.partition(" -H ")[0]]
    assert len(tried) >= 10
    for command in tried:
        words = shlex.split(command)
        assert words[0] == "curl"
        assert any(word.startswith(url) for word in words)
        status = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "60"]
        done = subprocess.run([*words, *status], check=True, capture_output=True, text=True)
        # The example of feedback is on a product that no shop has to have.
        assert done.stdout in ("200", "201") or "/v1/feedback" in command, command


def test_where_keys_are_required_the_commands_send_one(own_data: Path, serve: Any) -> None:
    with serve(own_data, require_keys=True) as url:
        page = Page(httpx.get(f"{url}/docs").text)
    assert all('"Authorization: Bearer $SHOPLENS_KEY"' in command for command in page.commands)
    example = next(c for c in page.commands if "/v1/search" in c)
    assert json.loads(shlex.split(example)[-1])["text"] == "a red handbag"
