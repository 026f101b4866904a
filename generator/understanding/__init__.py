"""What a message was understood to ask: one typed object, whoever read it (rules or an LLM)."""

from generator.understanding.understanding import Intent, Understanding

__all__ = ["Intent", "Understanding"]
