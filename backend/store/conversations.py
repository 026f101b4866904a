"""Conversations in the database. A caller sees its own only."""

import time
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.store.store import Store
from backend.store.tables import ConversationRow
from generator.conversation import Conversation

_TITLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Stored:
    """A conversation and the revision that it was read at (0: not stored yet)."""

    conversation: Conversation
    revision: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of a list of conversations; the title is the first thing that was said."""

    id: str
    title: str
    created: float
    updated: float


async def load_conversation(store: Store, owner: str, conversation_id: str) -> Stored | None:
    """The caller's conversation of that id, or None."""

    def work(session: Session) -> Stored | None:
        row = session.get(ConversationRow, conversation_id)
        if row is None or row.owner != owner:
            return None
        return Stored(Conversation.model_validate_json(row.document), row.revision)

    return await store.arun(work)


async def save_conversation(store: Store, owner: str, stored: Stored) -> bool:
    """Write it over the revision that it was read at; False if another writer was first."""
    conversation, revision = stored.conversation, stored.revision
    now = time.time()
    title = next((turn.text for turn in conversation.turns if turn.text), "")[:_TITLE_LENGTH]
    content = {"updated": now, "title": title, "document": conversation.model_dump_json()}

    def work(session: Session) -> bool:
        if revision == 0:
            session.add(
                ConversationRow(id=conversation.id, owner=owner, revision=1, created=now, **content)
            )
            session.flush()
            return True
        table = ConversationRow
        same = (table.id == conversation.id, table.owner == owner, table.revision == revision)
        changed = session.execute(
            update(table).where(*same).values(revision=revision + 1, **content).returning(table.id)
        )
        return changed.first() is not None

    try:
        return await store.arun(work)
    except IntegrityError:
        return False


async def list_conversations(store: Store, owner: str, limit: int) -> list[Summary]:
    """The caller's latest conversations, newest first."""
    table = ConversationRow
    query = select(table).where(table.owner == owner).order_by(table.updated.desc()).limit(limit)
    return await store.arun(
        lambda session: [
            Summary(row.id, row.title, row.created, row.updated) for row in session.scalars(query)
        ]
    )


async def delete_conversation(store: Store, owner: str, conversation_id: str) -> bool:
    """Forget a conversation; False if the caller has none of that id."""
    table = ConversationRow
    gone = (
        delete(table).where(table.id == conversation_id, table.owner == owner).returning(table.id)
    )
    return await store.arun(lambda session: session.execute(gone).first() is not None)
