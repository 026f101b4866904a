"""docker-compose.yml: it can be read for every profile, and what must hold of its services holds.

Where docker-compose is installed it reads the file, as a user's would; the invariants are checked from the
YAML alone, so that they are checked everywhere.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from backend.cli import app
from backend.server_settings import ServerSettings

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


TEXT = read("docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
ONE_SHOT = {"indexer", "ollama-pull"}
OURS = {"backend", "indexer", "ui"}
SECRETS = {"QDRANT_API_KEY": "qdrant-secret", "SHOPLENS_API_KEY": "shoplens-secret"}
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}")
DOCUMENTED = set(re.findall(r"^#?(\w+)=", read(".env.example"), re.MULTILINE))
docker_compose = shutil.which("docker-compose")


def _substituted(text: str) -> str:
    """With the defaults that compose would take."""
    return VARIABLE.sub(lambda match: match[3] if match[2] == "-" else "", text)


def read_by_compose(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What docker-compose makes of the file, with these variables and no others."""
    assert docker_compose is not None
    nothing = folder / "empty.env"
    nothing.touch()
    return subprocess.run(
        [docker_compose, "--env-file", str(nothing), "config"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.skipif(docker_compose is None, reason="docker-compose is not installed")
@pytest.mark.parametrize("profiles", ["", "cluster", "ollama", "cluster,ollama"])
def test_compose_reads_the_file_with_every_profile(profiles: str, tmp_path: Path) -> None:
    result = read_by_compose(tmp_path, COMPOSE_PROFILES=profiles, **SECRETS)
    assert result.returncode == 0, result.stderr
    assert yaml.safe_load(result.stdout)["services"].keys() == SERVICES.keys()


@pytest.mark.skipif(docker_compose is None, reason="docker-compose is not installed")
@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_compose_refuses_an_empty_secret(missing: str, tmp_path: Path) -> None:
    result = read_by_compose(tmp_path, **{**SECRETS, missing: ""})
    assert result.returncode != 0
    assert f"set {missing} in .env" in result.stderr


def test_secrets_are_refused_when_empty_and_have_no_default() -> None:
    uses = {name: set[tuple[str, str]]() for name in SECRETS}
    for name, kind, rest in VARIABLE.findall(TEXT):
        if name in SECRETS:
            uses[name].add((kind, rest))
    for name, found in uses.items():
        assert {kind for kind, _ in found} == {"?"}, name
        assert all(f"set {name} in .env" in rest for _, rest in found)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert not {"privileged", "network_mode", "pid", "cap_add", "user"} & service.keys()
    tag = _substituted(service["image"]).rpartition(":")[2]
    assert tag not in ("latest", service["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check_or_ends(name: str) -> None:
    check, restart = SERVICES[name]["healthcheck"], SERVICES[name]["restart"]
    if name in ONE_SHOT:
        assert check == {"disable": True}
        assert restart == "on-failure"
    else:
        assert check["test"][0] == "CMD"
        assert restart == "unless-stopped"


def test_ports_are_published_on_this_machine_only() -> None:
    ports = [
        _substituted(port) for service in SERVICES.values() for port in service.get("ports", ())
    ]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_chat_reaches_the_backend_and_nothing_else() -> None:
    reached = {name for name, service in SERVICES.items() if "front" in service["networks"]}
    assert reached == {"ui", "backend"}
    assert SERVICES["ui"]["networks"] == ["front"]
    assert not {"QDRANT_API_KEY", "SHOPLENS_LLM_API_KEY"} & SERVICES["ui"]["environment"].keys()
    assert "volumes" not in SERVICES["ui"]


@pytest.mark.parametrize("name", SERVICES)
def test_dependencies_run_in_the_same_profiles(name: str) -> None:
    service = SERVICES[name]
    for needed, how in service.get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert set(SERVICES[needed].get("profiles", ())) <= set(service.get("profiles", ()))


def test_the_catalogue_is_read_only_and_volumes_are_named() -> None:
    assert _substituted(SERVICES["indexer"]["volumes"][1]) == "catalogue:/catalogue:ro"
    declared = yaml.safe_load(TEXT)["volumes"].keys()
    used = {
        _substituted(volume).partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
    }
    assert used == declared


def _commands() -> list[list[str]]:
    """Commands of our image: of the compose file, of the image, and those that the documents suggest."""
    suggested = re.findall(r"^#SHOPLENS_INDEXER=(.*)$", read(".env.example"), re.MULTILINE)
    guide = read("docs/deploy.md")
    for pattern in (
        r"^    (?:docker compose exec backend )?shoplens (.*)$",
        r"^    docker compose run --rm indexer (.*)$",
        r"^    SHOPLENS_INDEXER=(.*)$",
    ):
        found = re.findall(pattern, guide, re.MULTILINE)
        assert found, pattern
        suggested += found
    of_services = [SERVICES[name]["command"] for name in sorted(OURS)]
    image = re.findall(r"^CMD (\[.*\])$", read("Dockerfile"), re.MULTILINE)
    assert image
    return [
        *(shlex.split(_substituted(one)) if isinstance(one, str) else one for one in of_services),
        *(shlex.split(one) for one in suggested),
        *(json.loads(one) for one in image),
    ]


@pytest.mark.parametrize("arguments", _commands(), ids=" ".join)
def test_commands_are_those_of_shoplens(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Parsed by the command line itself, which refuses unknown commands, options and values."""
    for name in DOCUMENTED:
        monkeypatch.setenv(name, "")
    for name in ("products.csv", "catalogue.csv"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    command: Any = typer.main.get_command(app)
    context = typer.Context(command)
    rest = [one.replace("/catalogue", str(tmp_path)) for one in arguments]
    while isinstance(command, TyperGroup):
        _, command, rest = command.resolve_command(context, rest)
        context = typer.Context(command, parent=context)
    parsed = command.make_context(arguments[0], rest, parent=context.parent)
    # Empty variables of .env must count as unset, also where a number is expected.
    assert parsed.params.get("replication_factor") is None
    assert parsed.params.get("encoder") in (None, "mini")


def _used_by_code() -> set[str]:
    """Environment variables that the code reads: of the server's settings, of options, of the LLM."""
    found = set[str]()
    for name, field in ServerSettings.model_fields.items():
        found.add(str(field.validation_alias or f"SHOPLENS_{name.upper()}"))
    commands: list[Any] = [typer.main.get_command(app)]
    for command in commands:
        if isinstance(command, TyperGroup):
            commands += command.commands.values()
        for parameter in command.params:
            names = parameter.envvar or ()
            found |= {names} if isinstance(names, str) else set(names)
    for package in ("backend", "generator", "retriever", "ui"):
        for file in (ROOT / package).rglob("*.py"):
            code = file.read_text(encoding="utf-8")
            found |= set(re.findall(r"""["'](SHOPLENS_[A-Z_]*[A-Z])["']""", code))
    # `shoplens ui` says by it to the process that it starts whether others reach the page.
    return found - {"SHOPLENS_UI_LISTS_ALL"}


def test_every_variable_is_documented() -> None:
    in_compose = {name for name, *_ in VARIABLE.findall(TEXT)}
    assert in_compose - DOCUMENTED == set()
    code = _used_by_code()
    assert {"SHOPLENS_LLM", "SHOPLENS_RATE_PER_MINUTE", "QDRANT_SHARD_NUMBER"} <= code
    assert code - DOCUMENTED == set()
    # And nothing is documented that no one reads.
    assert DOCUMENTED - in_compose - code - {"COMPOSE_PROFILES"} == set()


def test_settings_reach_the_backend() -> None:
    """Every setting of the server is passed on, or fixed by the command, the image or another service."""
    elsewhere = {"DATA_DIR", "HOST", "PORT", "ENCODER", "REQUIRE_KEYS"}
    given = SERVICES["backend"]["environment"].keys()
    for name, field in ServerSettings.model_fields.items():
        if name.upper() not in elsewhere:
            assert (field.validation_alias or f"SHOPLENS_{name.upper()}") in given


def test_empty_variables_leave_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SERVICES["backend"]["environment"]:
        monkeypatch.setenv(name, "")
    assert ServerSettings() == ServerSettings.model_construct()


def test_only_what_the_image_needs_reaches_its_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    copied = re.findall(
        r"^COPY (?!--from)(.*) \S+$",
        (ROOT / "Dockerfile").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    sources = {source for line in copied for source in line.split()}
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == sources
    assert all((ROOT / source).exists() for source in sources)
