"""Contact sheet of simulated pictures: every product of a CSV in a fitting room.

    python bench/contact_sheet.py products.csv rooms.csv --out sheet.png [--only TEXT]

Products name pictures in ``image_file``, looked for beside the file and in ``photos/`` there. Rooms
are a CSV with ``image_file`` and ``room_type``, a ``credits.json`` of the sample catalogue, or the
word ``none`` for drawn rooms.
"""

import argparse
import csv
import json
import sys
import time
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from visualizer_core.local.compositor import Brief, compose
from visualizer_core.local.compositor.lexicon import find_kind

_CELL = 300


def main() -> None:
    """Make the sheet and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("products", type=Path)
    parser.add_argument("rooms", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="words of the products to show, by comma")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--part", default="0/1", help="i/n: the i-th of n parts")
    parser.add_argument("--cell", type=int, default=_CELL)
    parser.add_argument("--size", default="1024x1024")
    given = parser.parse_args()
    products = _chosen(_rows(given.products), given.only, given.part)
    rooms = _rooms(given.rooms)
    width, height = (int(number) for number in given.size.split("x"))
    cells: list[tuple[str, Image.Image]] = []
    spent: list[float] = []
    for index, row in enumerate(products):
        brief = _brief(row)
        room = _fitting(brief, rooms, index + given.seed)
        scene = (given.rooms.parent / room["image_file"]).read_bytes() if room else None
        photo = _photo(given.products.parent, row["image_file"]).read_bytes()
        began = time.perf_counter()
        made = compose(
            photo, scene, width=width, height=height, seed=given.seed + index, brief=brief
        )
        spent.append(time.perf_counter() - began)
        cells.append((f"{row['name'][:26]} {1000 * spent[-1]:.0f}ms", Image.open(BytesIO(made))))
    _sheet(cells, given.columns, given.cell).save(given.out)
    spent.sort()
    print(
        f"{len(spent)} pictures, median {1000 * spent[len(spent) // 2]:.0f} ms, "
        f"slowest {1000 * spent[-1]:.0f} ms, written to {given.out}"
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def _rooms(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".json":
        listed = json.loads(path.read_text(encoding="utf-8"))
        return [{"image_file": row["file"], "room_type": row["tags"][0]} for row in listed]
    return _rows(path) if str(path) != "none" else []


def _photo(folder: Path, name: str) -> Path:
    beside = folder / name
    return beside if beside.exists() else folder / "photos" / name


def _chosen(rows: list[dict[str, str]], only: str, part: str) -> list[dict[str, str]]:
    words = [word for word in only.casefold().split(",") if word]
    if words:
        rows = [
            row
            for row in rows
            if any(word in (row["name"] + row["image_file"]).casefold() for word in words)
        ]
    which, parts = (int(number) for number in part.split("/"))
    size = -(-len(rows) // parts)
    return rows[which * size : (which + 1) * size]


def _brief(row: dict[str, str]) -> Brief:
    sizes = [
        float(row[key]) if row.get(key) else None for key in ("width_cm", "depth_cm", "height_cm")
    ]
    kind = find_kind(row["name"], row.get("description", ""), row.get("category", "")).kind
    return Brief(*sizes, noun=row["name"], scene_type=kind.rooms[0], placement=None)


def _fitting(brief: Brief, rooms: list[dict[str, str]], turn: int) -> dict[str, str] | None:
    if not rooms:
        return None
    wanted = [name.casefold() for name in find_kind(brief.noun).kind.rooms]
    fits = [room for room in rooms if (room.get("room_type") or "").casefold() in wanted]
    fits = fits or rooms
    return fits[turn % len(fits)]


def _sheet(cells: list[tuple[str, Image.Image]], columns: int, cell: int) -> Image.Image:
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * cell, rows * (cell + 16)), (24, 24, 24))
    pen = ImageDraw.Draw(sheet)
    for index, (label, picture) in enumerate(cells):
        x, y = index % columns * cell, index // columns * (cell + 16)
        picture.thumbnail((cell - 4, cell - 4), Image.Resampling.LANCZOS)
        sheet.paste(picture, (x + 2, y + 2))
        pen.text((x + 4, y + cell), label, fill=(230, 230, 230))
    return sheet


if __name__ == "__main__":
    main()
