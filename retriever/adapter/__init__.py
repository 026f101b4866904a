"""Adapters: small heads on a frozen backbone that map its features to embeddings."""

from retriever.adapter.adapter import IDENTITY, Adapter, Provenance
from retriever.adapter.config import AdapterConfig, Kind, Mix, Towers
from retriever.adapter.files import load_adapter, read_record, save_adapter
from retriever.adapter.locate import (
    check_backbone,
    find_adapters,
    locate_adapter,
    open_adapter,
)

__all__ = [
    "IDENTITY",
    "Adapter",
    "AdapterConfig",
    "Kind",
    "Mix",
    "Provenance",
    "Towers",
    "check_backbone",
    "find_adapters",
    "load_adapter",
    "locate_adapter",
    "open_adapter",
    "read_record",
    "save_adapter",
]
