"""What is better seen than filtered: colours and sizes that a catalogue names in its own way, or not at all."""

import re
from collections.abc import Sequence

from generator.constraints import Refusal
from generator.understanding.vocabulary import kind_of
from generator.understanding.words import COLOURS, tokens_of
from retriever.capabilities import Capabilities
from retriever.wording import listed, spaced

COVERED = 0.95
"""The share of products whose value must be a known one for a filter not to lose those it cannot judge."""

_SAID = re.compile(r"\bsiz(?:e|es|ed)\b", re.IGNORECASE)


def by_looks(
    field: str, values: Sequence[str], text: str, capabilities: Capabilities
) -> Refusal | None:
    """Why values of a field are left to looks; None where they can be filtered by.

    A colour needs common colour names ("Sunset" may be orange), a size in passing ("a small toy") a size
    on record; "size 40" is always a filter.
    """
    kind = kind_of(field)
    if kind not in ("colour", "size") or (kind == "size" and _SAID.search(text)):
        return None
    known = capabilities.field(field)
    if not known.complete and kind == "colour":
        return None
    told = sum(
        value.count
        for value in known.values
        if kind == "size" or any(token.word in COLOURS for token in tokens_of(value.value))
    )
    share = told / max(1, capabilities.products)
    if share >= COVERED:
        return None
    rest = max(1, round(100 * (1 - share)))
    what = "give no common name for it" if kind == "colour" else "do not give it"
    return Refusal(
        asked=listed(list(values)),
        reason=f"{spaced(field)} is matched by looks, not filtered, since {rest}% of the products {what}",
        preference=True,
    )
