"""The shape of the repository: which way imports point, what stands where, how long files are."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("backend", "benchmarks", "generator", "retriever", "training", "ui")
FOLDERS = {*PACKAGES, "docs", "models", "tests"}
LONGEST = 400

ALLOWED = {
    "retriever": set[str](),
    "training": {"retriever"},
    "generator": {"retriever"},
    "backend": {"generator", "retriever"},
    "ui": set[str](),
    "benchmarks": {"backend", "generator", "retriever", "training"},
}


def allowed_for(path: Path) -> set[str]:
    """Packages that a module may import besides its own; the command line drives training and benchmarks."""
    allowed = ALLOWED[path.parts[0]]
    if path.parts[0] == "backend" and Path(path.parts[1]).stem == "cli":
        return allowed | {"benchmarks", "training"}
    return allowed


def imported_packages(source: str) -> set[str]:
    """Our packages that a module names in any import, wherever in the file it stands."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.append(node.module or "")
    return {name.split(".")[0] for name in names}.intersection(PACKAGES)


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path.relative_to(ROOT) for path in sorted((ROOT / package).rglob("*.py")))


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    wrong = [
        f"{path} imports {other}"
        for path in modules()
        if path.parts[0] == package
        for other in imported_packages((ROOT / path).read_text("utf-8"))
        if other != package and other not in allowed_for(path)
    ]
    assert wrong == []


def test_an_import_in_any_form_is_seen() -> None:
    source = (
        "import os\ndef f():\n    import training.x as x\n    from ui import y\nfrom . import z\n"
    )
    assert imported_packages(source) == {"training", "ui"}


def test_only_the_command_line_may_import_training() -> None:
    assert "training" in allowed_for(Path("backend/cli/train.py"))
    assert "training" in allowed_for(Path("backend/cli.py"))
    assert "training" not in allowed_for(Path("backend/app.py"))


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a git checkout")
def test_top_level_folders() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    folders = {path.parts[0] for path in paths if len(path.parts) > 1}
    assert {name for name in folders if not name.startswith(".")} <= FOLDERS


def test_files_are_short_and_named_for_what_they_hold() -> None:
    paths = [*(ROOT / path for path in modules()), *(ROOT / "tests").rglob("*.py")]
    assert len(paths) > len(PACKAGES)
    long = [path for path in paths if len(path.read_text("utf-8").splitlines()) > LONGEST]
    assert long == []
    assert [path for path in paths if path.stem in ("utils", "util", "helpers", "misc")] == []
