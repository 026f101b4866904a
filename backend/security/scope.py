"""What the layers around the routes leave in a request's scope for each other."""

from dataclasses import dataclass
from typing import cast

from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the id and name of an API key, both empty for this machine's own user without one."""

    key_id: str = ""
    name: str = ""


def request_id(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id", ""))


def caller_of(scope: Scope) -> Caller:
    return cast(Caller, scope.get("state", {}).get("caller", Caller()))


def set_caller(scope: Scope, caller: Caller) -> None:
    scope.setdefault("state", {})["caller"] = caller
