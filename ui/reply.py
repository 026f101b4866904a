"""A reply of the backend, from its stream of events into a `Turn`."""

from collections.abc import Callable, Iterable

from ui.errors import RefusedError, UnreachableError
from ui.model import Card, Chip, Json, Relaxation, Sentence, Turn
from ui.state import Chat, took_place


def receive(
    events: Iterable[tuple[str, Json]], turn: Turn, chat: Chat, on_change: Callable[[], object]
) -> None:
    """Fill the turn while events arrive; ``on_change`` is called whenever there is more to show.

    Raises what reading the events raises, `RefusedError` where the stream itself reports a problem, and
    `UnreachableError` where it ends before the reply does.
    """
    done = False
    for name, event in events:
        match name:
            case "conversation":
                took_place(event["id"], turn.text or turn.action or "A picture")
                continue
            case "understood":
                chat.chips = Chip.read_all(event["chips"])
                turn.asked = event["understanding"]["text"]
                turn.intent = event["understanding"]["intent"]
            case "products":
                turn.cards = [Card.read(item) for item in event["items"]]
                turn.fits = event["fits"]
                turn.relaxations = tuple(
                    Relaxation(Chip(item["chip"]["key"], item["chip"]["label"]), item["count"])
                    for item in event["relaxations"]
                )
            case "text":
                turn.sentences.append(Sentence(event["text"], event["notice"]))
            case "done":
                turn.writer = event["writer"]
                turn.fallback = event["fallback"]
                turn.seconds = event["seconds"]["total"]
                done = True
            case "error":
                raise RefusedError(
                    event["status"], event["type"].rpartition(":")[2], event["detail"]
                )
            case _:
                continue
        on_change()
    if not done:
        raise UnreachableError("The reply broke off; ask again.")
