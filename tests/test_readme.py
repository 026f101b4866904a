"""What the README tells people to type works as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.cli import app

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_examples_run_in_the_order_they_stand_in(
    tmp_path: Path,
    tiny_backbone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The tiny encoder: that results are good is for other tests, that commands work is for this one.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOPLENS_ENCODER", str(tiny_backbone))
    for name in ("SHOPLENS_DATA_DIR", "QDRANT_URL", "QDRANT_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    lines = [line for block in blocks("console") for line in block.splitlines() if line]
    assert len(lines) >= 5
    for line in lines:
        command, *arguments = shlex.split(line)
        assert command == "shoplens", line
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, f"{line}\n{result.output}"
        assert result.stdout.strip(), line
    assert (tmp_path / "found.html").is_file()

    [code] = blocks("python")
    assert '"mini"' in code
    exec(code.replace('"mini"', repr(str(tiny_backbone))), {})
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_the_make_targets_exist() -> None:
    targets = (Path(__file__).resolve().parents[1] / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)", README))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", targets, re.MULTILINE), target


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_to_files(link: str) -> None:
    assert (Path(__file__).resolve().parents[1] / link).exists()
