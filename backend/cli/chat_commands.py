"""Commands of ``shoplens chat``: lines that begin with a slash."""

import re
from dataclasses import dataclass

from generator.constraints import Chip
from generator.conversation import Conversation

HELP = """\
/without NAME   take a limit away, such as /without price or /without colour
/compare 1 2    put products of the last list side by side
/limits         the limits in force
/clear          forget the conversation and begin anew
/help           this list
/quit           leave (an empty line does too)"""


@dataclass(frozen=True, slots=True)
class Command:
    """What a command comes to: a message to ``send`` with chips ``removed``, or only something to ``say``.

    ``clear`` starts a new conversation.
    """

    send: str | None = None
    removed: tuple[str, ...] = ()
    say: str = ""
    clear: bool = False


def command_of(line: str, conversation: Conversation) -> Command | None:
    """What a line commands; None for one that is a message to the shop."""
    if not line.startswith("/"):
        return None
    name, _, rest = line[1:].strip().partition(" ")
    rest = rest.strip()
    match name.casefold():
        case "help" | "?" | "":
            return Command(say=HELP)
        case "clear" | "new":
            return Command(say="Forgotten. What are you looking for?", clear=True)
        case "limits":
            return Command(say=_limits(conversation))
        case "without":
            return _without(rest, conversation)
        case "compare":
            return _compare(rest, conversation)
    return Command(say=f"There is no /{name}; /help lists what there is.")


def _without(name: str, conversation: Conversation) -> Command:
    keys = tuple(
        chip.key for chip in conversation.constraints.chips() if _is_called(chip, name.casefold())
    )
    if not keys:
        what = f"No limit is called {name!r}." if name else "Say which limit, as in /without price."
        return Command(say=f"{what} {_limits(conversation)}")
    return Command(send="", removed=keys)


def _compare(rest: str, conversation: Conversation) -> Command:
    numbers = list(dict.fromkeys(int(number) for number in re.findall(r"\d{1,3}", rest)))
    known = {product.position for product in conversation.shown}
    if not known:
        return Command(say="Nothing was shown yet; ask for something first.")
    if len(numbers) < 2 or not known.issuperset(numbers):
        return Command(
            say=f"Name two or more of the products 1 to {max(known)}, as in /compare 1 2."
        )
    return Command(send="compare " + " and ".join(f"#{number}" for number in numbers))


def _is_called(chip: Chip, name: str) -> bool:
    field = chip.key.rsplit(".", 1)[-1]
    words = field.replace("_", " ").split()
    spelled = {"color": "colour", "budget": "price"}.get(name, name)
    return bool(name) and (
        spelled in (field, " ".join(words), words[-1]) or name in chip.label.split()
    )


def _limits(conversation: Conversation) -> str:
    labels = [chip.label for chip in conversation.constraints.chips()]
    return "In force: " + "; ".join(labels) + "." if labels else "No limits are in force."
