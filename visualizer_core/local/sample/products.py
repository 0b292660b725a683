"""All products of the sample catalogue, in its order."""

from visualizer_core.local.sample.product import Product
from visualizer_core.local.sample.range_decor import DECOR
from visualizer_core.local.sample.range_seating import SEATING
from visualizer_core.local.sample.range_tables import TABLES

__all__ = ["PRODUCTS"]

PRODUCTS: tuple[Product, ...] = (*SEATING, *TABLES, *DECOR)
