"""Every DataFrame a screen or a notebook shows; read only.

Each function documents its columns, and an empty frame has them too, with the same types. Money is
in US dollars, times are UTC, sizes as named. What may be unknown is a float, a text or a time, and
missing then; counts never are.
"""

from visualizer_core.tables.catalogue import products
from visualizer_core.tables.curation import collections, coverage, inspirations, matches
from visualizer_core.tables.generation import assets, calls, exports
from visualizer_core.tables.operations import clients, usage, workers

__all__ = [
    "assets",
    "calls",
    "clients",
    "collections",
    "coverage",
    "exports",
    "inspirations",
    "matches",
    "products",
    "usage",
    "workers",
]
