"""Products as an analyst names them: a filtered table, SKUs, ids; and the pictures of a folder."""

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import pandas as pd

from visualizer_core import tables
from visualizer_core.domain.ids import ProductId
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.imaging.sniff import PICTURE_SUFFIXES
from visualizer_core.services.catalogue.photos import FolderPhotos
from visualizer_core.workspace import Workspace

__all__ = ["Products", "chosen_products", "room_pictures"]

Products = pd.DataFrame | Iterable[str | UUID]
"""A table with the column ``product_id`` or ``sku``, or SKUs, or product ids."""

SHOWN_UNKNOWN = 10  # names in a message; more help nobody


def chosen_products(ws: Workspace, products: Products) -> list[ProductId]:
    """Ids of the products that are meant, in the given order.

    Raises
    ------
    NotFound
        Naming the SKUs nobody knows.
    InvalidInput
        When a table lacks the columns, or a single text stands where a list belongs.
    """
    if isinstance(products, str):
        raise InvalidInput(f"Give a list of products, such as [{products!r}], or a table.")
    named = _column(products) if isinstance(products, pd.DataFrame) else list(products)
    if all(isinstance(one, UUID) for one in named):
        return [ProductId(one) for one in named if isinstance(one, UUID)]
    known = tables.products(ws)
    by_name = dict(zip(known["sku"], known["product_id"], strict=True))
    by_name |= {str(product_id): product_id for product_id in known["product_id"]}
    unknown = [str(one) for one in named if str(one) not in by_name]
    if unknown:
        more = f" and {len(unknown) - SHOWN_UNKNOWN} more" if len(unknown) > SHOWN_UNKNOWN else ""
        raise NotFound(
            f"There is no product {', '.join(unknown[:SHOWN_UNKNOWN])}{more}. "
            "`products()` lists what there is."
        )
    return [ProductId(by_name[str(one)]) for one in named]


def _column(frame: pd.DataFrame) -> list[str | UUID]:
    for name in ("product_id", "sku"):
        if name in frame.columns:
            found: list[str | UUID] = frame[name].tolist()
            return found
    raise InvalidInput("A table of products needs the column product_id or sku.")


def room_pictures(rooms: str | Path) -> list[tuple[str, bytes]]:
    """Name and bytes of the picture `rooms`, or of every picture in the folder of that name.

    Raises
    ------
    InvalidInput
        When it is neither, or the folder has no pictures.
    """
    place = Path(rooms).expanduser()
    folder = FolderPhotos(place.parent if place.is_file() else place)
    names = [place.name] if place.is_file() else folder.paths()
    pictures = [name for name in names if Path(name).suffix.lower() in PICTURE_SUFFIXES]
    if not pictures:
        raise InvalidInput(f"{place} holds no pictures. Put at least one inspiration there.")
    return [(Path(name).name, folder.read(name)) for name in pictures]
