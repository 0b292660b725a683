"""Reading catalogue files: bytes in, typed rows and problems out; no database, no network.

Only `read_catalogue` and `inspect_catalogue` are meant for others.
"""

from visualizer_core.importing.read import CatalogueHead, inspect_catalogue, read_catalogue

__all__ = ["CatalogueHead", "inspect_catalogue", "read_catalogue"]
