"""Adapters: small heads on a frozen backbone that map its features to embeddings.

PyTorch is imported with `Adapter`, when that is first asked for: `FrozenAdapter` does without.
"""

from typing import TYPE_CHECKING

from retriever.adapter.config import IDENTITY, AdapterConfig, Kind, Mix, Towers
from retriever.adapter.files import (
    load_adapter,
    load_frozen_adapter,
    read_record,
    save_adapter,
)
from retriever.adapter.frozen import FrozenAdapter
from retriever.adapter.locate import (
    check_backbone,
    find_adapters,
    locate_adapter,
    open_adapter,
    open_frozen_adapter,
)

if TYPE_CHECKING:
    from retriever.adapter.adapter import Adapter, Provenance

__all__ = [
    "IDENTITY",
    "Adapter",
    "AdapterConfig",
    "FrozenAdapter",
    "Kind",
    "Mix",
    "Provenance",
    "Towers",
    "check_backbone",
    "find_adapters",
    "load_adapter",
    "load_frozen_adapter",
    "locate_adapter",
    "open_adapter",
    "open_frozen_adapter",
    "read_record",
    "save_adapter",
]


def __getattr__(name: str) -> object:
    if name in ("Adapter", "Provenance"):
        from retriever.adapter import adapter

        return getattr(adapter, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
