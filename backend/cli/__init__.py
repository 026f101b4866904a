"""The ``shoplens`` command line, one file a command."""

from backend.cli.main import app, main

__all__ = ["app", "main"]
