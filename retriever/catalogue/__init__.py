"""Reading a shop's catalogue into checked products."""

from retriever.catalogue.catalogue import Catalogue, CatalogueRow, Progress
from retriever.catalogue.config import (
    CONFIG_NAME,
    ROLES,
    Role,
    RoleOverrides,
    load_config,
    parse_aspect,
    parse_currency,
)
from retriever.catalogue.report import (
    CatalogueReport,
    CheckReport,
    FieldSummary,
    Kind,
    SetAside,
)

__all__ = [
    "CONFIG_NAME",
    "ROLES",
    "Catalogue",
    "CatalogueReport",
    "CatalogueRow",
    "CheckReport",
    "FieldSummary",
    "Kind",
    "Progress",
    "Role",
    "RoleOverrides",
    "SetAside",
    "load_config",
    "parse_aspect",
    "parse_currency",
]
