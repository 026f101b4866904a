"""How a Qdrant cluster lays a collection out over its nodes."""

from dataclasses import astuple, dataclass, fields

from retriever.errors import SettingsError


@dataclass(frozen=True, slots=True)
class ClusterLayout:
    """Shards and replicas of a collection, under Qdrant's own names; None leaves one open.

    Each shard is kept on ``replication_factor`` nodes, and a write is acknowledged once
    ``write_consistency_factor`` of them have it. What is open is taken from the version that is served,
    else left to the server. Raises `SettingsError` for a number below one, and for more acknowledgements
    than there are replicas.
    """

    shard_number: int | None = None
    replication_factor: int | None = None
    write_consistency_factor: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value < 1:
                raise SettingsError(f"{field.name} is {value}; give a whole number from 1 up")
        replicas, acknowledged = self.replication_factor, self.write_consistency_factor
        if replicas is not None and acknowledged is not None and acknowledged > replicas:
            raise SettingsError(
                f"write_consistency_factor {acknowledged} is more than replication_factor {replicas}, and "
                "no write could be acknowledged; lower the one or raise the other"
            )

    def __bool__(self) -> bool:
        """Whether anything is set."""
        return any(value is not None for value in astuple(self))
