"""What routes ask for, as annotated types."""

from typing import Annotated, cast

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPBearer

from backend.security.scope import Caller, caller_of
from backend.services import Services

# Keys are checked before any route (`backend.security.auth`); this one describes that in OpenAPI.
describe_keys = Security(
    HTTPBearer(
        auto_error=False, scheme_name="api_key", description="A key of `shoplens keys create`."
    )
)


def _services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


def _caller(request: Request) -> Caller:
    return caller_of(request.scope)


ServicesDep = Annotated[Services, Depends(_services)]
CallerDep = Annotated[Caller, Depends(_caller)]

ProductId = Annotated[str, Path(min_length=1, max_length=512, pattern=r"^[^\x00]+$")]
ConversationId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
