"""Adapters: small heads on a frozen backbone that map its features to embeddings."""

from retriever.adapter.adapter import Adapter, Provenance
from retriever.adapter.config import AdapterConfig, Kind, Mix, Towers
from retriever.adapter.files import load_adapter, save_adapter

__all__ = [
    "Adapter",
    "AdapterConfig",
    "Kind",
    "Mix",
    "Provenance",
    "Towers",
    "load_adapter",
    "save_adapter",
]
