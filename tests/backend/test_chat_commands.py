"""Commands of the chat: what a line that begins with a slash comes to."""

import pytest

from backend.cli.chat_commands import HELP, command_of
from generator.constraints import Bound, Constraints, NumberRange
from generator.conversation import Conversation, ShownProduct, Turn
from generator.understanding import Understanding


@pytest.fixture
def conversation() -> Conversation:
    """After "red bags under $30": three shown."""
    limits = Constraints(
        price=NumberRange(maximum=Bound(value=30), currency="USD"),
        wanted={"base_colour": ["red"], "category": ["bags"]},
    )
    shown = tuple(ShownProduct(position=n, product_id=f"p{n}", title=f"Bag {n}") for n in (1, 2, 3))
    turn = Turn(text="red bags", understanding=Understanding(text="red bags"), shown=shown)
    return Conversation(turns=[turn], constraints=limits)


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("/without colour", ("wanted.base_colour",)),
        ("/without color", ("wanted.base_colour",)),
        ("/without base colour", ("wanted.base_colour",)),
        ("/without Price", ("price",)),
        ("/without budget", ("price",)),
        ("/without bags", ("wanted.category",)),
    ],
)
def test_without_takes_a_limit_away(
    line: str, keys: tuple[str, ...], conversation: Conversation
) -> None:
    command = command_of(line, conversation)
    assert command is not None
    assert (command.send, command.removed) == ("", keys)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/without size", "No limit is called 'size'. In force: price at most"),
        ("/without", "Say which limit"),
        ("/limits", "In force: price"),
        ("/compare 1 9", "Name two or more of the products 1 to 3"),
        ("/compare", "Name two or more"),
        ("/help", HELP),
        ("/nonsense", "There is no /nonsense"),
    ],
)
def test_what_is_only_said(line: str, said: str, conversation: Conversation) -> None:
    command = command_of(line, conversation)
    assert command is not None
    assert command.send is None
    assert said in command.say


def test_compare_clear_and_messages(conversation: Conversation) -> None:
    compare = command_of("/compare 3, 1", conversation)
    assert compare is not None
    assert compare.send == "compare #3 and #1"
    clear = command_of("/clear", conversation)
    assert clear is not None
    assert clear.clear
    assert command_of("a red bag", conversation) is None
    nothing = command_of("/compare 1 2", Conversation())
    assert nothing is not None
    assert "Nothing was shown yet" in nothing.say
