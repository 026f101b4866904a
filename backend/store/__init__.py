"""What the server keeps: API keys, conversations and feedback, in SQLite or PostgreSQL."""

from backend.store.store import Store

__all__ = ["Store"]
