"""The tables. Times are UTC, in seconds since 1970."""

from sqlalchemy import BigInteger, Float, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MAX_NAME = 100
MAX_KEY_ID = 16


class Base(DeclarativeBase):
    """Base of the tables."""


class KeyRow(Base):
    """An API key: its public id and the hash of its secret, never the secret."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(MAX_KEY_ID), primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    secret_hash: Mapped[str] = mapped_column(String(64))
    rate_per_minute: Mapped[int | None] = mapped_column(Integer)
    created: Mapped[float] = mapped_column(Float)
    revoked: Mapped[float | None] = mapped_column(Float)


class ConversationRow(Base):
    """A conversation as JSON; ``owner`` is the id of the key that began it, "" without one.

    ``revision`` counts its writes, so that of two writers from the same state only one wins.
    """

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(16), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    created: Mapped[float] = mapped_column(Float)
    updated: Mapped[float] = mapped_column(Float, index=True)
    title: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)


class FeedbackRow(Base):
    """A verdict on a product that was shown for a query."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    owner: Mapped[str] = mapped_column(String(16))
    created: Mapped[float] = mapped_column(Float)
    query: Mapped[str] = mapped_column(Text)
    product_id: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(16))
    conversation_id: Mapped[str | None] = mapped_column(String(64))
    comment: Mapped[str] = mapped_column(Text)
