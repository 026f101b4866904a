"""Errors as RFC 9457 problem details, and the one place where exceptions become statuses."""

import logging
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Scope

from backend.security.scope import request_id
from retriever.errors import (
    AdapterError,
    FeatureCacheError,
    FilterError,
    FingerprintError,
    IndexLockedError,
    IndexMissingError,
    PictureError,
    ProductIndexError,
    QueryError,
    ShoplensError,
    StoreError,
)

MEDIA_TYPE = "application/problem+json"

OPENAI_PATHS = frozenset({"/v1/chat/completions", "/v1/models"})

_KINDS: tuple[tuple[type[ShoplensError], int, str], ...] = (
    # The first that fits counts, so leaves stand before what they are leaves of.
    (FilterError, 422, "unsupported-filter"),
    (QueryError, 422, "unusable-query"),
    (AdapterError, 503, "adapter-unavailable"),
    (FeatureCacheError, 503, "features-missing"),
    (PictureError, 422, "unusable-picture"),
    (IndexMissingError, 503, "index-missing"),
    (IndexLockedError, 503, "index-locked"),
    (FingerprintError, 503, "index-of-another-model"),
    (ProductIndexError, 503, "index-unavailable"),
    (StoreError, 503, "database-unavailable"),
)
_OTHER = (500, "internal-error")

_log = logging.getLogger("shoplens")


class FieldProblem(BaseModel):
    """What is wrong with one part of a request."""

    pointer: str = Field(description="Where, as a JSON pointer.", examples=["#/picture_weight"])
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457). ``type`` tells kinds apart; ``detail`` says what to do about it."""

    type: str = Field(examples=["urn:shoplens:problem:unsupported-filter"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(
        examples=["unknown field 'colr' (did you mean 'colour'?); fields one can filter by: colour"]
    )
    request_id: str = Field(default="", examples=["3f6f0c1e9c3f4a53a3f0c2ab0a3a4d51"])
    errors: list[FieldProblem] = Field(default_factory=list)


def problem_of(error: ShoplensError) -> Problem:
    """What a caller is told of an error that shoplens raised on purpose."""
    status, kind = next(
        ((status, kind) for leaf, status, kind in _KINDS if isinstance(error, leaf)), _OTHER
    )
    if isinstance(error, StoreError):
        # Where the database is, and as whom it is asked, is for the log alone.
        detail = "the server's database does not answer; try again in a moment"
    else:
        detail = str(error) if status != 500 else "the server could not do this; its log says why"
    return problem(status, detail, kind)


def problem(
    status: int, detail: str, kind: str | None = None, errors: list[FieldProblem] | None = None
) -> Problem:
    """A problem of a status; ``kind`` ends its type and defaults to the status in words."""
    title = HTTPStatus(status).phrase
    return Problem(
        type=f"urn:shoplens:problem:{kind or title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=detail,
        errors=errors or [],
    )


def problem_response(
    found: Problem, scope: Scope, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The response that carries a problem of the request in ``scope``.

    On OpenAI's paths it says the same once more as ``error``, where their clients look for it.
    """
    content = found.model_copy(update={"request_id": request_id(scope)}).model_dump(mode="json")
    if not content["errors"]:
        del content["errors"]
    if scope["path"] in OPENAI_PATHS:
        content["error"] = {"message": found.detail, "type": found.type, "code": str(found.status)}
    return JSONResponse(content, found.status, headers, media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Turn everything that an app raises into problems."""

    async def on_shoplens_error(request: Request, error: Exception) -> JSONResponse:
        found = problem_of(cast(ShoplensError, error))
        if found.status >= 500:
            _log.error("request %s: %s", request_id(request.scope), error)
        return problem_response(found, request.scope)

    async def on_http_error(request: Request, error: Exception) -> JSONResponse:
        http = cast(HTTPException, error)
        found = problem(http.status_code, _http_detail(request, http))
        return problem_response(found, request.scope, dict(http.headers or {}))

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        fields = [
            FieldProblem(pointer=_pointer(item["loc"]), detail=str(item["msg"]))
            for item in cast(RequestValidationError, error).errors()
        ]
        detail = "; ".join(f"{field.pointer}: {field.detail}" for field in fields[:3])
        found = problem(422, f"the request is not valid: {detail}", "invalid-request", fields)
        return problem_response(found, request.scope)

    async def on_crash(request: Request, _: Exception) -> JSONResponse:
        detail = "the server failed on this request; its log says why, under the request's id"
        return problem_response(problem(500, detail, "internal-error"), request.scope)

    app.add_exception_handler(ShoplensError, on_shoplens_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_crash)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For ``responses=`` of a route: the problems it may answer with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def _http_detail(request: Request, error: HTTPException) -> str:
    if error.detail != HTTPStatus(error.status_code).phrase:
        return str(error.detail)
    if error.status_code == 404:
        return f"there is nothing at {request.url.path}; /openapi.json lists what there is"
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return f"{request.url.path} takes {allowed or 'other methods'}, not {request.method}"
    return str(error.detail)


def _pointer(location: tuple[int | str, ...]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    if parts and parts[0] == "body":
        parts = parts[1:]
    return "#/" + "/".join(parts)
