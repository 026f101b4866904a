"""Asking for others: "show me more", "none of these"."""

import re

from generator.conversation import Conversation, Message
from generator.understanding.understanding import Understanding

MORE = re.compile(
    r"^\W*(?:(?:can you |could you |please )*show (?:me )?)?(?:(?:some|any|a few) )?(?:more|others?|other ones|different ones|"
    r"something else|anything else|next)(?: (?:please|options|results|products|ones|of (?:them|these|those)|like (?:these|those)))*\W*$"
    r"|\b(?:none|not any|neither) of (?:these|those|them)\b|\b(?:do not|don'?t) like (?:any|these|those|them)\b",
    re.I,
)


def more(message: Message, conversation: Conversation) -> Understanding:
    """The same search, without what was shown."""
    constraints = conversation.constraints.without(message.removed)
    if message.constraints:
        constraints = constraints.narrowed(message.constraints)
    return Understanding(
        text=conversation.subject,
        constraints=constraints,
        skip=conversation.shown_so_far,
        follow_up=True,
    )


def more_like(product_id: str, message: Message, conversation: Conversation) -> Understanding:
    """A product pointed at by its id: more of it, within the constraints in force."""
    constraints = conversation.constraints.without(message.removed)
    if message.constraints:
        constraints = constraints.narrowed(message.constraints)
    return Understanding(
        constraints=constraints.model_copy(update={"refused": []}),
        references=(product_id,),
        intent="more_like",
        follow_up=bool(conversation.turns),
    )
