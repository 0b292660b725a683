"""Collections: what is in them, which scene each product gets, and with which settings."""

from visualizer_core.services.curation.collections import (
    create_collection,
    delete_collection,
    find_collection,
    plan,
    rename_collection,
    restore_collection,
)
from visualizer_core.services.curation.matching import assign, match_products
from visualizer_core.services.curation.products import Added, add_products, remove_products
from visualizer_core.services.curation.settings import (
    derive_base_settings,
    set_base_settings,
    set_overrides,
)

__all__ = [
    "Added",
    "add_products",
    "assign",
    "create_collection",
    "delete_collection",
    "derive_base_settings",
    "find_collection",
    "match_products",
    "plan",
    "remove_products",
    "rename_collection",
    "restore_collection",
    "set_base_settings",
    "set_overrides",
]
