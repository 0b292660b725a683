"""The photos the search finds: a folder of JPEGs, or a few rooms drawn here."""

import hashlib
import io
import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from visualizer_core.errors import InvalidInput
from visualizer_core.local.standin.blurhash import blurhash

__all__ = ["Photo", "PhotoLibrary", "load_photos"]

_SCALED_BYTES = 64 * 1024 * 1024
_QUALITY = 85
_DRAWN = (
    ("bright living room with a window", "#d9c8b4", "#b08d68"),
    ("calm bedroom with grey walls", "#c3c6c9", "#8c7b6b"),
    ("white kitchen", "#eceae6", "#a7a29a"),
    ("dining room with green wall", "#8fa58d", "#7a5c43"),
    ("home office by the window", "#d5d9dd", "#9a7f5f"),
    ("hallway with wooden floor", "#e6dccb", "#a87d4f"),
)


class Credit(BaseModel):
    """What ``credits.json`` may say about a file; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True)

    file: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    photographer: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo.

    Parameters
    ----------
    id, slug : str
    data : bytes or Path
        JPEG file, or where it is.
    width, height : int
        Pixels.
    colour : str
        Mean colour, ``#rrggbb``.
    blur_hash, description, photographer : str
    words : frozenset of str
        What a search finds it by, lower case.
    """

    id: str
    slug: str
    data: bytes | Path
    width: int
    height: int
    colour: str
    blur_hash: str
    description: str
    photographer: str
    words: frozenset[str]

    def read(self) -> bytes:
        """Bytes of the file."""
        return self.data.read_bytes() if isinstance(self.data, Path) else self.data


def load_photos(folder: Path | None) -> tuple[Photo, ...]:
    """Read a folder of JPEGs with their credits; without one, draw a few rooms.

    Raises
    ------
    InvalidInput
        When the folder is missing or ``credits.json`` cannot be read.
    """
    if folder is None:
        return tuple(_drawn(*row) for row in _DRAWN)
    if not folder.is_dir():
        raise InvalidInput(f"The photo folder {folder} does not exist. Give an existing folder.")
    credit_of = _credits(folder / "credits.json")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in {".jpg", ".jpeg"})
    return tuple(_photo(file, credit_of.get(file.name, Credit())) for file in files)


def _credits(path: Path) -> dict[str, Credit]:
    """Read credits: an object by file name, or a list whose elements name their file."""
    if not path.exists():
        return {}
    try:
        found = TypeAdapter(dict[str, Credit] | list[Credit]).validate_json(path.read_bytes())
    except ValidationError as error:
        raise InvalidInput(
            f"{path} is no list of credits: {error.errors()[0]['msg']}. It maps each file name to "
            "description, tags and photographer."
        ) from error
    return {credit.file: credit for credit in found} if isinstance(found, list) else found


def _photo(file: Path, credit: Credit) -> Photo:
    description = credit.description or " ".join(_words(file.stem))
    return _described(file, file.stem, description, credit)


def _drawn(description: str, wall: str, floor: str) -> Photo:
    image = Image.new("RGB", (1620, 1080), wall)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 740, 1620, 1080), fill=floor)
    draw.rectangle((980, 160, 1380, 560), fill="#f7fbff", outline="#ffffff", width=24)
    draw.rectangle((0, 724, 1620, 744), fill="#f2efea")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return _described(out.getvalue(), description, description, Credit())


def _described(data: bytes | Path, name: str, description: str, credit: Credit) -> Photo:
    source = data if isinstance(data, Path) else io.BytesIO(data)
    with Image.open(source) as image:
        width, height = image.size
        small = image.convert("RGB").resize((32, 32))
    red, green, blue = small.resize((1, 1), Image.Resampling.BOX).tobytes()
    slug = "-".join(_words(description)) or "photo"
    photo_id = hashlib.sha256(name.encode()).hexdigest()[:11]
    return Photo(
        id=photo_id,
        slug=f"{slug}-{photo_id}",
        data=data,
        width=width,
        height=height,
        colour=f"#{red:02x}{green:02x}{blue:02x}",
        blur_hash=blurhash(small),
        description=description,
        photographer=credit.photographer or "Stand In",
        words=frozenset(_words(f"{name} {description} {' '.join(credit.tags)}")),
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9äöüß]+", text.lower())


class PhotoLibrary:
    """Finds photos and serves them at a width.

    Parameters
    ----------
    photos : tuple of Photo
    """

    def __init__(self, photos: tuple[Photo, ...]) -> None:
        self._photos = photos
        self._by_id = {photo.id: photo for photo in photos}
        self._scaled: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._scaled_bytes = 0

    def get(self, photo_id: str) -> Photo | None:
        """Find one photo by its id."""
        return self._by_id.get(photo_id)

    def search(self, query: str, orientation: str | None, *, newest: bool) -> list[Photo]:
        """Photos with any word of the query, those with most of them first."""
        wanted = set(_words(query))
        scored = [
            (len(wanted & photo.words), photo)
            for photo in self._photos
            if orientation is None or _orientation(photo) == orientation
        ]
        hits = [(score, photo) for score, photo in scored if score]
        if not newest:
            hits.sort(key=lambda hit: -hit[0])
        return [photo for _, photo in hits]

    def at_width(self, photo: Photo, width: int) -> bytes:
        """JPEG bytes at most `width` pixels wide; never enlarged."""
        if width >= photo.width:
            return photo.read()
        key = (photo.id, width)
        if key not in self._scaled:
            data = _scaled(photo, width)
            self._scaled[key] = data
            self._scaled_bytes += len(data)
            while self._scaled_bytes > _SCALED_BYTES:
                self._scaled_bytes -= len(self._scaled.popitem(last=False)[1])
        return self._scaled[key]


def _scaled(photo: Photo, width: int) -> bytes:
    with Image.open(io.BytesIO(photo.read())) as image:
        height = max(round(photo.height * width / photo.width), 1)
        image.draft("RGB", (width, height))
        small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _orientation(photo: Photo) -> str:
    if abs(photo.width - photo.height) <= photo.height * 0.1:
        return "squarish"
    return "landscape" if photo.width > photo.height else "portrait"
