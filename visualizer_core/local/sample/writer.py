"""Writing the sample catalogue to a folder, once."""

import csv
import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

from visualizer_core.errors import InvalidInput
from visualizer_core.imaging.raster import Pixels
from visualizer_core.local.compositor.decode import encode_jpeg
from visualizer_core.local.sample.interiors import ROOMS
from visualizer_core.local.sample.products import PRODUCTS
from visualizer_core.local.sample.scenery import shoot
from visualizer_core.local.sample.studio import photograph

__all__ = ["SampleCatalogue", "is_stale", "pictures_to_draw", "write_sample"]

_PHOTO_PX = 750
_ROOM_PX = (1350, 900)
# Raised whenever a picture or a row changes, so that folders of older versions are made anew.
_VERSION = "4"
_COLUMNS = (
    "sku",
    "name",
    "category",
    "description",
    "width_cm",
    "depth_cm",
    "height_cm",
    "price",
    "currency",
    "tags",
    "image_file",
)


@dataclass(frozen=True)
class SampleCatalogue:
    """Where the sample catalogue lies.

    Parameters
    ----------
    catalogue : Path
        CSV with columns sku, name, category, description, width_cm, depth_cm, height_cm, price,
        currency, tags, image_file.
    photos : Path
        Folder of ``<SKU>.jpg``.
    rooms : Path
        Folder of room pictures and ``credits.json``.
    """

    catalogue: Path
    photos: Path
    rooms: Path


def write_sample(folder: Path, *, workers: int | None = None) -> SampleCatalogue:
    """Write catalogue, product photos and rooms; what is already there stays as it is.

    Parameters
    ----------
    folder : Path
        Made when missing.
    workers : int, optional
        Processes that draw; as many as there are processors by default, at most 4.

    Raises
    ------
    InvalidInput
        The folder cannot be written.
    """
    found = SampleCatalogue(folder / "catalogue.csv", folder / "photos", folder / "rooms")
    try:
        found.photos.mkdir(parents=True, exist_ok=True)
        found.rooms.mkdir(parents=True, exist_ok=True)
        stale = is_stale(folder)
        _draw(pictures_to_draw(found, stale=stale), workers)
        _put(found.rooms / "credits.json", _credits().encode())
        _put(found.catalogue, _rows().encode())
        _put(folder / "version", _fingerprint().encode())
    except OSError as error:
        raise InvalidInput(
            f"The sample catalogue cannot be written to {folder}: {error}. "
            "Choose a folder that can be written and has 10 MB free."
        ) from error
    return found


def _fingerprint() -> str:
    told = repr([_VERSION, _PHOTO_PX, _ROOM_PX, _rows(), _credits()])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def is_stale(folder: Path) -> bool:
    """Whether a folder holds a sample that another version drew."""
    mark = folder / "version"
    return mark.exists() and mark.read_text(encoding="utf-8") != _fingerprint()


def pictures_to_draw(found: SampleCatalogue, *, stale: bool) -> list[tuple[str, int, Path]]:
    """What is not there yet: kind, index, where to; slow ones first so that all end together."""
    wanted = [("room", index, found.rooms / f"{room.name}.jpg") for index, room in enumerate(ROOMS)]
    wanted += [
        ("photo", index, found.photos / f"{product.sku}.jpg")
        for index, product in enumerate(PRODUCTS)
    ]
    return [task for task in wanted if stale or not task[2].exists()]


def _draw(tasks: list[tuple[str, int, Path]], workers: int | None) -> None:
    count = min(workers or os.cpu_count() or 1, 4, len(tasks))
    if count <= 1:
        for task in tasks:
            _draw_one(task)
        return
    # Fork would copy locks other threads may hold; a fresh server process has none.
    with ProcessPoolExecutor(count, mp_context=get_context("forkserver")) as pool:
        list(pool.map(_draw_one, tasks))


def _draw_one(task: tuple[str, int, Path]) -> None:
    kind, index, path = task
    makers: dict[str, Callable[[int], Pixels]] = {"room": _room, "photo": _photo}
    _put(path, encode_jpeg(makers[kind](index)))


def _room(index: int) -> Pixels:
    room = ROOMS[index]
    width, height = _ROOM_PX
    return shoot(room.build(), width=width, height=height, eye_x=room.eye_x, turn=room.turn)


def _photo(index: int) -> Pixels:
    product = PRODUCTS[index]
    return photograph(product.model(), product.pose, side_px=_PHOTO_PX)


def _put(path: Path, data: bytes) -> None:
    """All or nothing: a picture half written would count as there."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)


def _rows() -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for product in PRODUCTS:
        writer.writerow(
            [
                product.sku,
                product.name,
                product.category,
                product.description,
                *(f"{value:g}" for value in product.size_cm),
                product.price,
                "EUR",
                ", ".join(product.tags),
                f"{product.sku}.jpg",
            ]
        )
    return out.getvalue()


def _credits() -> str:
    listed = [
        {
            "file": f"{room.name}.jpg",
            "description": room.description,
            "tags": list(room.tags),
            "photographer": room.photographer,
            "colour": room.colour,
        }
        for room in ROOMS
    ]
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
