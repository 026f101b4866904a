"""The backend: the ``shoplens`` command line and how found products are shown."""
