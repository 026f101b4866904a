"""Conversations in either database, as two backends on one database see them."""

import asyncio

from backend.store import Store
from backend.store.conversations import (
    Stored,
    delete_conversation,
    list_conversations,
    load_conversation,
    save_conversation,
)
from generator.conversation import Conversation, Turn
from generator.understanding import Understanding


def turn(text: str) -> Turn:
    return Turn(text=text, understanding=Understanding(text=text), reply="“Mug” [1], 5 €.")


async def test_what_is_saved_is_read_by_another_backend(store: Store, database: str) -> None:
    conversation = Conversation(picture=b"\x00\xff a picture")
    conversation.turns.append(turn("ein Becher für Tee 🫖 \\u0000 \N{ZERO WIDTH JOINER}"))
    assert await save_conversation(store, "key", Stored(conversation, 0))
    other = Store(database)
    try:
        found = await load_conversation(other, "key", conversation.id)
        assert found == Stored(conversation, 1)
        assert await load_conversation(other, "another", conversation.id) is None
    finally:
        other.close()


async def test_of_two_backends_that_write_at_once_one_wins(store: Store, database: str) -> None:
    other = Store(database)
    try:
        conversation = Conversation()
        same = await asyncio.gather(
            *(save_conversation(one, "key", Stored(conversation, 0)) for one in (store, other))
        )
        assert sorted(same) == [False, True]
        for revision in range(1, 6):
            read = [await load_conversation(one, "key", conversation.id) for one in (store, other)]
            for number, found in enumerate(read):
                assert found is not None
                assert found.revision == revision
                found.conversation.turns.append(turn(f"of {number}"))
            won = await asyncio.gather(
                *(
                    save_conversation(one, "key", found)
                    for one, found in zip((store, other), read, strict=True)
                    if found is not None
                )
            )
            assert sorted(won) == [False, True]
            kept = await load_conversation(store, "key", conversation.id)
            assert kept is not None
            assert kept.conversation.turns[-1].text == f"of {won.index(True)}"
            assert len(kept.conversation.turns) == revision
    finally:
        other.close()


async def test_many_at_once(store: Store) -> None:
    conversations = [Conversation() for _ in range(60)]
    saved = await asyncio.gather(
        *(save_conversation(store, "key", Stored(one, 0)) for one in conversations)
    )
    assert all(saved)
    listed = await list_conversations(store, "key", 100)
    assert {one.id for one in listed} == {one.id for one in conversations}


async def test_the_latest_come_first_and_are_forgotten_by_their_owner_alone(store: Store) -> None:
    for text in ("first", "second", "third"):
        await save_conversation(store, "key", Stored(Conversation(turns=[turn(text)]), 0))
    await save_conversation(store, "", Stored(Conversation(turns=[turn("of no key")]), 0))
    listed = await list_conversations(store, "key", 2)
    assert [one.title for one in listed] == ["third", "second"]
    assert not await delete_conversation(store, "", listed[0].id)
    assert await delete_conversation(store, "key", listed[0].id)
    assert not await delete_conversation(store, "key", listed[0].id)
    assert [one.title for one in await list_conversations(store, "key", 9)] == ["second", "first"]
