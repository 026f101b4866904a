"""A Ray cluster, connected to and let go of, with its failures in words."""

import logging
import os
import re
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from retriever.errors import ClusterError, SettingsError, ShoplensError

LOCAL = "local"
"""Address that stands for a cluster of this machine alone, started for the run."""

_CONNECT_SECONDS = 5
_RAISED = re.compile(r"^(?!ray\.|UserCodeException)[\w.]*(?:Error|Exception): (.+)$", re.MULTILINE)
"""What was raised, in a traceback, except for what Ray puts around it."""


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Ray, connected; a connection that the caller has is used and left open."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported without being asked
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # errors come as exceptions as well
    try:
        import ray
    except ImportError as error:
        raise SettingsError(
            "--ray needs the extra ray: pip install 'shoplens[ray]', on every machine of the cluster"
        ) from error
    if address.startswith("ray://"):
        raise SettingsError(
            f"{address} connects from outside of the cluster, but the pictures are read by this machine: "
            "join it (ray start --address=HOST:6379) and give --ray auto"
        )
    joined = ray.is_initialized()
    try:
        if not joined:
            _reached(address)
            try:
                ray.init(
                    address,
                    logging_level=logging.ERROR,
                    log_to_driver=False,
                    include_dashboard=False if address == LOCAL else None,
                )
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise _unreachable(address, str(error).strip().rpartition("\n")[2]) from error
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # importing it, above, sets the level
        with warnings.catch_warnings():
            # Of how well a cluster is used, such as by a catalogue whose features are all there.
            warnings.filterwarnings("ignore", category=UserWarning, module=r"ray\.data")
            yield ray
    except (
        ray.exceptions.RayError
    ) as error:  # first: one that wraps an error of ours is of both kinds
        cause = getattr(error, "cause", None)
        if isinstance(cause, ShoplensError):
            raise cause from None
        raise ClusterError(_said(address, error)) from error
    except ShoplensError:
        raise
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ClusterError(_said(address, error)) from error
    finally:
        if not joined:
            ray.shutdown()


def _reached(address: str) -> None:
    """Raises `ClusterError` where nobody listens, which Ray would find out after two minutes.

    Raises `SettingsError` for what is no address.
    """
    if address in (LOCAL, "auto"):
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SettingsError(
            f"{address!r} is no address of a Ray cluster; give auto where this machine has joined one (ray start "
            "--address=HEAD:6379), HOST:PORT of its head, or local"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise _unreachable(address, error.strerror or str(error)) from error


def _unreachable(address: str, reason: str) -> ClusterError:
    if address == LOCAL:
        return ClusterError(
            f"Ray could not be started on this machine: {reason}. Nothing was encoded"
        )
    return ClusterError(
        f"no Ray cluster answers at {address} ({reason.strip().rstrip('.')}); `ray status` on a machine of the "
        "cluster tells the address of its head. Nothing was encoded"
    )


def _said(address: str, error: Exception) -> str:
    """What went wrong on the cluster: what a machine's traceback, which is in the message, says last."""
    raised = _RAISED.findall(str(error))
    last = raised[-1] if raised else str(error).strip().rpartition("\n")[2]
    reason = last.strip().rstrip(".") or type(error).__name__
    return (
        f"the Ray cluster at {address} failed: {reason}. Pictures encoded until then are kept: the same "
        "command again goes on from there"
    )
