"""What can go wrong between the chat and the backend.

BackendError
├── UnreachableError    no answer: not running, another address, the network
└── RefusedError        an answer that is a problem (RFC 9457)
"""


class BackendError(Exception):
    """Base of both; its text is meant for the person who chats."""


class UnreachableError(BackendError):
    """The backend gives no answer."""


class RefusedError(BackendError):
    """The backend answered with a problem; ``kind`` ends its type, as ``index-missing``."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
