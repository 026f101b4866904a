"""`Understanding`: a message as a self-contained query, constraints and references."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from generator.constraints import Constraints

Intent = Literal["search", "more_like", "compare", "detail", "other"]
"""What a shopper wants.

- ``search``: products for words, a picture, or both.
- ``more_like``: products like one shown earlier (the first of ``references``).
- ``compare``: two or more shown products side by side.
- ``detail``: something about one shown product.
- ``other``: nothing to search for (a greeting, thanks).
"""


class Understanding(BaseModel):
    """A message in the light of its conversation.

    ``text`` is a self-contained query (empty for a picture alone, or where only products shown
    earlier are spoken of). ``constraints`` are all in force after this message, those of earlier turns
    included. ``references`` are ids of products shown earlier, in the order spoken of.
    ``skip`` are ids of products that were shown before and are not wanted again ("show me more").
    ``follow_up`` says whether the message builds on the turns before it.
    """

    model_config = ConfigDict(frozen=True)

    text: str = ""
    constraints: Constraints = Field(default_factory=Constraints)
    references: tuple[str, ...] = ()
    intent: Intent = "search"
    skip: tuple[str, ...] = ()
    follow_up: bool = False
    source: Literal["rules", "llm"] = "rules"
