"""Bodies that come as JSON, or as a form with the picture as an upload."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from backend.problems import Problem

_Model = TypeVar("_Model", bound=BaseModel)

_REF = "#/components/schemas/{model}"
_described: dict[str, type[BaseModel]] = {"Problem": Problem}


def body_of(model: type[_Model]) -> Callable[[Request], Awaitable[_Model]]:
    """A dependency that reads a model from JSON or from form fields of the same names.

    Fields of a form that hold objects or lists are JSON texts. Raises `RequestValidationError`, and 415
    for another kind of body.
    """

    async def read(request: Request) -> _Model:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if kind == "application/json":
                return model.model_validate_json(await request.body())
            if kind == "multipart/form-data":
                return model.model_validate(await _form(request, model))
        except ValidationError as error:
            raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False, include_context=False, include_input=False)]) from error  # fmt: skip
        raise HTTPException(
            415, "send application/json, or multipart/form-data with the picture as a file"
        )

    return read


def request_body(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """For ``openapi_extra=`` of a route with `body_of`."""
    _described[model.__name__] = model
    properties: dict[str, Any] = {
        name: {"type": "string"} for name in model.model_fields if name != "picture"
    }
    properties["picture"] = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": properties, "additionalProperties": False}
    json_body = {"schema": {"$ref": _REF.format(model=model.__name__)}, "example": example}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": json_body, "multipart/form-data": {"schema": form}},
        }
    }


def describe(app: FastAPI) -> None:
    """Put the schemas of such bodies, and of problems, into the app's OpenAPI."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            for name, model in _described.items():
                described = model.model_json_schema(ref_template=_REF)
                schemas.update(described.pop("$defs", {}))
                schemas.setdefault(name, described)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


async def _form(request: Request, model: type[BaseModel]) -> dict[str, object]:
    fields: dict[str, object] = {}
    try:
        form = await request.form(max_files=1, max_fields=30, max_part_size=1_000_000)
    except HTTPException as error:
        raise HTTPException(
            error.status_code, f"the form cannot be read: {error.detail}"
        ) from error
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            fields[name] = await value.read()
        elif value == "" and name != "text":
            continue
        elif name not in ("text", "where") and value[:1] in ("{", "["):
            try:
                fields[name] = json.loads(value)
            except (ValueError, RecursionError):
                fields[name] = value
        else:
            fields[name] = value
    await form.close()
    return fields
