"""The evaluation page for search engineers, a part a file."""
