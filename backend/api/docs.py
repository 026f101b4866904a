"""``GET /docs``: the API on one page, made from its own schema; no scripts, nothing from elsewhere."""

import json
import secrets
import shlex
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from backend.api.deps import ServicesDep

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body."""

    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it; ``curl`` is a command that does it."""

    id: str
    method: str
    path: str
    description: str
    fields: tuple[Field, ...]
    statuses: tuple[tuple[str, str], ...]
    curl: str


@router.get("/docs")
async def docs(request: Request, services: ServicesDep) -> HTMLResponse:
    """The page."""
    schema = request.app.openapi()
    base = str(request.base_url).rstrip("/")
    nonce = secrets.token_urlsafe(16)
    keys = services.settings.keys_required
    page = _template().render(
        title=schema["info"]["title"],
        version=schema["info"]["version"],
        about=schema["info"].get("description", ""),
        operations=operations(schema, base, keys),
        mcp=f"{base}/mcp",
        keys=keys,
        nonce=nonce,
    )
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def operations(schema: dict[str, Any], base: str, keys: bool) -> list[Operation]:
    """Every operation of an OpenAPI schema, in its order; ``base`` is the server's address."""
    return [
        _operation(schema, path, method, described, base, keys)
        for path, methods in schema["paths"].items()
        for method, described in methods.items()
    ]


def _operation(
    schema: dict[str, Any], path: str, method: str, described: dict[str, Any], base: str, keys: bool
) -> Operation:
    fields = [
        Field(
            parameter["name"],
            _type(parameter["schema"]),
            parameter["required"],
            parameter.get("description") or parameter["schema"].get("description", ""),
        )
        for parameter in described.get("parameters", ())
    ]
    content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = _resolved(schema, content.get("schema", {}))
    example = content.get("example") or next(iter(body.get("examples", ())), None)
    required = body.get("required", ())
    for name, field in body.get("properties", {}).items():
        fields.append(Field(name, _type(field), name in required, field.get("description", "")))
    command = (
        ["curl", "-N"] if "event-stream" in str(described["responses"].get("200")) else ["curl"]
    )
    if method != "get":
        command += ["-X", method.upper()]
    command.append(shlex.quote(base + path))
    if keys:
        command += ["-H", '"Authorization: Bearer $SHOPLENS_KEY"']
    if example is not None:
        command += ["-H", "'Content-Type: application/json'"]
        command += ["-d", shlex.quote(json.dumps(example, ensure_ascii=False))]
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        description=described.get("description", ""),
        fields=tuple(fields),
        statuses=tuple(
            (status, response.get("description", ""))
            for status, response in described["responses"].items()
        ),
        curl=" ".join(command),
    )


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    if reference is None:
        return part
    found: dict[str, Any] = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _type(part: dict[str, Any]) -> str:
    """A type in words: ``integer``, ``string or null``, ``array of string``, ``dense, lexical or hybrid``."""
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    if "enum" in part:
        return " or ".join(str(value) for value in part["enum"])
    if "const" in part:
        return str(part["const"])
    choices = part.get("anyOf") or part.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(_type(choice) for choice in choices))
    if part.get("type") == "array":
        return f"array of {_type(part.get('items', {}))}"
    return str(part.get("type", "any"))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("backend"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("docs.html")
