"""Host and Origin headers: a page in someone's browser must not reach a server that it was not made for.

A server on loopback without keys trusts whoever is on the machine, and a browser there runs everyone's
pages. DNS rebinding gives such a page's own name the address 127.0.0.1; the Host header still says that
name. A page may also post forms to 127.0.0.1 directly; the Origin header says whose page it is.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.problems import Problem, problem, problem_response


class HostGuard:
    """Answers 421 to requests addressed to another host and 403 to those of another origin.

    ``hosts`` are names without port; empty allows any. Origins are allowed when they are in
    ``origins``, or name the very host that the request is addressed to.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str], origins: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host = headers.get("host", "").lower()
            found = self._problem(host, headers.get("origin"))
            if found is not None:
                await problem_response(found, scope)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _problem(self, host: str, origin: str | None) -> Problem | None:
        if self._hosts and host_name(host) not in self._hosts:
            return problem(
                421,
                "this server does not answer to the host name of the request; address it as "
                f"{', '.join(sorted(self._hosts))}, or allow the name with SHOPLENS_ALLOWED_HOSTS",
            )
        if origin is None or origin in self._origins or _origin_host(origin) == host:
            return None
        return problem(
            403, "pages of this origin may not call the server; SHOPLENS_CORS_ORIGINS allows some"
        )


def host_name(host: str) -> str:
    """A Host header without its port: ``[::1]:8000`` -> ``[::1]``."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _origin_host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
