"""The command line: help, mistakes, results on stdout, and the whole way in processes of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "open_clip", "llama_index", "numpy", "qdrant_client", "qdrant_edge", "pyarrow")


def shoplens(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    code = "from backend.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom backend.cli import app\n"
        "app(['index', '--help'], standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "--picture-aspect" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["demo", "index", "search", "catalogue", "catalogue check"])
def test_every_command_has_help(run: Run, command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["index", "nowhere.csv"], "nowhere.csv does not exist"),
        (["index", "catalogue.csv", "--role", "colour"], "is not ROLE=COLUMN"),
        (["index", "catalogue.csv", "--picture-aspect", "wide"], "width:height"),
        (["index", "catalogue.csv", "--encoder", "no-such-model"], "no-such-model"),
        (["index", "catalogue.csv", "--api-key", "k"], "give its URL"),
        (["index", "catalogue.csv", "--engine", "qdrant"], "(--server-url)"),
        # Before an encoder, which takes seconds to load, is looked for.
        (
            [
                "index",
                "catalogue.csv",
                "--encoder",
                "none",
                "--engine",
                "faiss",
                "--quantisation",
                "int8",
            ],
            "without quantisation",
        ),
        (["index", "catalogue.csv", "--encoder", "none", "--hnsw-m", "0"], "m of the index is 0"),
        (["search", "mug"], "shoplens index"),
        (["search", "mug", "--where", "price <="], "expected a number"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(shop.parent)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mug", "--where", "colr = red"], "did you mean 'colour'"),
        (["mug", "-k", "0"], "limit is 0"),
        (["mug", "--picture-weight", "2"], "between 0 and 1"),
        (["mug", "--mode", "lexical", "--diverse"], "mmr"),
        (["--image", "catalogue.csv"], "catalogue.csv: the bytes are not a picture"),
        ([], "the query is empty"),
    ],
)
def test_a_search_that_makes_no_sense_says_so(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(shop.parent)
    assert run("index", "catalogue.csv").exit_code == 0
    result = run("search", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_an_interrupt_exits_with_130(run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("retriever.catalogue.Catalogue.open", interrupted)
    assert run("index", shop).exit_code == 130


def test_a_first_run_that_is_interrupted_says_how_to_go_on(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("retriever.thumbnails.ThumbnailStore.add", interrupted)
        stopped = run("index", shop)
    assert stopped.exit_code == 130
    assert "the same command again goes on from there" in stopped.stderr
    searched = run("search", "mug")
    assert searched.exit_code == 2
    assert "version v0001 holds 5 products, but its load was interrupted" in searched.stderr
    assert run("index", shop).exit_code == 0
    assert run("search", "mug").exit_code == 0


def test_a_search_under_a_name_that_has_no_index_tells_the_names_that_have(
    run: Run, shop: Path
) -> None:
    assert run("index", shop, "--name", "shoes").exit_code == 0
    searched = run("search", "mug")
    assert searched.exit_code == 2
    assert "indexed under another name: --name shoes" in searched.stderr


def test_check_says_what_was_understood_and_set_aside(run: Run, shop: Path) -> None:
    result = run("catalogue", "check", shop)
    assert result.exit_code == 0
    for part in ("5 of 6 products", "colour", "1 set aside", "p6", "nowhere.png"):
        assert part in result.stdout


def test_check_as_json_is_one_document(run: Run, shop: Path) -> None:
    report = json.loads(run("catalogue", "check", shop, "--json").stdout)
    assert (report["rows"], report["kept"]) == (6, 5)
    assert report["roles"]["picture"] == "image"
    [row] = report["set_aside"]["unusable picture"]
    assert row["id"] == "p6"


def test_roles_can_be_given(run: Run, shop: Path) -> None:
    result = run("catalogue", "check", shop, "--role", "brand=colour", "--json")
    assert json.loads(result.stdout)["roles"]["brand"] == "colour"


def test_the_second_run_changes_and_encodes_nothing(run: Run, shop: Path) -> None:
    first = json.loads(run("index", shop, "--json").stdout)
    assert (first["total"], first["added"], first["encoded"]) == (5, 5, 5)
    assert [row["id"] for row in first["set_aside"]] == ["p6"]
    second = json.loads(run("index", shop, "--json").stdout)
    assert (second["total"], second["unchanged"], second["encoded"]) == (5, 5, 0)
    assert second["version"] == first["version"]


def test_a_rebuild_makes_another_version(run: Run, shop: Path) -> None:
    first = json.loads(run("index", shop, "--json").stdout)
    second = json.loads(run("index", shop, "--rebuild", "--json").stdout)
    assert (second["added"], second["encoded"]) == (5, 0)
    assert second["version"] != first["version"]


def test_index_says_what_it_did_and_what_is_next(run: Run, shop: Path) -> None:
    result = run("index", shop, "--name", "mine")
    assert result.exit_code == 0
    assert "index mine" in result.stdout
    assert "1 set aside, unusable picture" in result.stderr
    assert "shoplens search" in result.stderr
    assert "--name mine" in result.stderr


def test_search_keeps_the_filter_and_prints_json_alone(run: Run, shop: Path) -> None:
    run("index", shop)
    result = run("search", "mug", "--where", "colour = red and price < 100", "--json")
    answer = json.loads(result.stdout)
    [product] = answer["products"]
    assert (product["id"], product["rank"]) == ("p1", 1)
    assert product["price"] == {"amount": 12.0, "currency": "EUR"}
    assert answer["query"]["where"] == "colour = red and price < 100"


def test_search_by_a_stored_picture_finds_its_product(run: Run, shop: Path) -> None:
    run("index", shop)
    result = run("search", "--image", shop.parent / "p5.png", "-k", "2", "--json")
    found = json.loads(result.stdout)["products"]
    assert found[0]["id"] == "p5"
    assert found[0]["score"] == pytest.approx(1, abs=1e-3)
    assert len(found) == 2


def test_lexical_search_reads_the_words(run: Run, shop: Path) -> None:
    run("index", shop)
    result = run("search", "plush toy", "--mode", "lexical")
    assert "Orange plush toy" in result.stdout
    assert "BM25" in result.stdout
    assert "mug" not in result.stdout


def test_finding_nothing_is_said_and_no_failure(run: Run, shop: Path) -> None:
    run("index", shop)
    result = run("search", "mug", "--where", "price > 5000")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing in the index fits" in result.stderr


def test_search_takes_the_encoder_that_built_the_index(
    run: Run, shop: Path, tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOPLENS_ENCODER")
    assert run("index", shop, "--encoder", tiny_backbone).exit_code == 0
    assert run("search", "mug").exit_code == 0


def test_another_encoder_is_refused(
    run: Run, shop: Path, make_backbone: Callable[..., Path]
) -> None:
    run("index", shop)
    result = run("search", "mug", "--encoder", make_backbone(seed=7))
    assert result.exit_code == 2
    assert "fingerprint" in result.stderr


def test_the_whole_way_in_processes_of_its_own(
    shop: Path, tmp_path: Path, tiny_backbone: Path
) -> None:
    data, page = tmp_path / "data", tmp_path / "out" / "found.html"
    env = {"SHOPLENS_DATA_DIR": str(data), "SHOPLENS_ENCODER": str(tiny_backbone)}
    indexed = shoplens("index", str(shop), cwd=tmp_path, **env)
    assert (indexed.returncode, "Traceback" in indexed.stderr) == (0, False)
    found = shoplens("search", "a mug", "--gallery", str(page), "--json", cwd=tmp_path, **env)
    assert found.returncode == 0, found.stderr
    ids = [product["id"] for product in json.loads(found.stdout)["products"]]
    assert sorted(ids) == ["p1", "p2", "p3", "p4", "p5"]
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") == 5
    assert not (tmp_path / ".shoplens").exists()


def test_a_key_in_the_environment_does_not_get_in_the_way(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    monkeypatch.setenv("QDRANT_API_KEY", "k")
    assert run("index", "catalogue.csv").exit_code == 0
    assert run("search", "mug").exit_code == 0


def test_indexing_tells_of_prices_that_it_left_out(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    row = (shop.parent / "catalogue.csv").read_text().splitlines()[1]
    picture = next(cell for cell in row.split(",") if cell.endswith(".png"))
    Path("odd.csv").write_text(f'id,title,price,picture\n1,mug,"12,- €",{picture}\n')
    told = run("index", "odd.csv", "--name", "odd")
    assert told.exit_code == 0
    assert "line 2" in told.stderr
    assert "left out" in told.stderr
    document = json.loads(run("index", "odd.csv", "--name", "odd", "--json").stdout)
    assert any("left out" in warning for warning in document["warnings"])


def test_a_catalogue_cannot_steer_the_terminal(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    Path("evil.csv").write_text("id,title,\x1b[2Jx,picture\n\x1b[31mX,\x9bt,1,\x1b[2Jnope.png\n")
    for arguments in (["index", "evil.csv"], ["catalogue", "check", "evil.csv", "--json"]):
        result = run(*arguments)
        assert not set(result.output) & {"\x1b", "\x9b"}


@pytest.mark.parametrize("gallery", [".", "catalogue.csv/found.html"])
def test_a_gallery_that_cannot_be_written_is_one_message(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch, gallery: str
) -> None:
    monkeypatch.chdir(shop.parent)
    assert run("index", "catalogue.csv").exit_code == 0
    result = run("search", "mug", "--gallery", gallery)
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_data_folder_below_a_file_is_one_message(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    result = run("search", "mug", "--data-dir", "catalogue.csv/x")
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
    result = run("index", "catalogue.csv", "--data-dir", "catalogue.csv/x")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")


def test_a_folder_that_takes_no_progress_is_one_message(
    run: Run, shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "progress").touch()
    result = run("index", shop, "--data-dir", tmp_path / "data")
    assert result.exit_code == 2
    assert "progress file" in result.stderr
    assert "choose another data folder" in result.stderr


HOLDER = """
import sys
from pathlib import Path
from retriever.index import open_index
with open_index(path=Path(sys.argv[1])).open():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_an_index_that_another_process_holds_names_it_and_what_to_do(
    run: Run, shop: Path, tmp_path: Path, tiny_backbone: Path
) -> None:
    assert run("index", shop).exit_code == 0
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / ".shoplens" / "index")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        searched = shoplens("search", "a mug", cwd=tmp_path, SHOPLENS_ENCODER=str(tiny_backbone))
        indexed = run("index", shop)
        for code, stdout, stderr in (
            (searched.returncode, searched.stdout, searched.stderr),
            (indexed.exit_code, indexed.stdout, indexed.stderr),
        ):
            assert (code, stdout) == (2, "")
            assert stderr.startswith("error: ")
            assert f"in use by process {holder.pid} (" in stderr
            assert "Stop that process" in stderr
            assert "--qdrant-url" in stderr
            assert "Traceback" not in stderr
        holder.communicate()
    assert run("search", "a mug").exit_code == 0
