"""``python -m backend.cli`` is the ``shoplens`` command."""

from backend.cli import main

main()
