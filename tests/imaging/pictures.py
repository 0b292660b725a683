"""Pictures made in code for the imaging tests: ordinary, odd and hostile."""

import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

RED, BLUE = (255, 0, 0), (0, 0, 255)
SECRET = b"SECRET-48.2082N-16.3738E"
SCRIPT = b"<script>alert(1)</script><?php system($_GET[0]);?>"


def photo(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Gradients, red in the upper left and blue in the lower right corner."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    round_about = Image.radial_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (across, round_about, across.rotate(180)))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width // 4, height // 4), fill=RED)
    draw.rectangle((width * 3 // 4, height * 3 // 4, width, height), fill=BLUE)
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: str, **settings: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **settings)
    return out.getvalue()


def jpeg(picture: Image.Image | None = None, **settings: object) -> bytes:
    return encoded(picture or photo(), "JPEG", **{"quality": 90, **settings})


def png(picture: Image.Image | None = None, **settings: object) -> bytes:
    return encoded(picture or photo(), "PNG", **settings)


def webp(picture: Image.Image | None = None, **settings: object) -> bytes:
    return encoded(picture or photo(), "WEBP", **settings)


def decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = picture.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def is_upright(picture: Image.Image) -> bool:
    """Whether `photo` shows the right way up."""
    rgb = picture.convert("RGB")
    upper = pixel(rgb, rgb.width // 10, rgb.height // 10)
    lower = pixel(rgb, rgb.width * 9 // 10, rgb.height * 9 // 10)
    return upper[0] > 200 and upper[2] < 80 and lower[2] > 200 and lower[0] < 80


def exif(orientation: int | None = None, *, secret: bool = False) -> bytes:
    block = Image.Exif()
    if orientation is not None:
        block[0x0112] = orientation
    if secret:
        block[0x010E] = SECRET.decode()
        block.get_ifd(0x8825)[1] = "N"
        block.get_ifd(0x8825)[2] = (48.0, 12.0, 29.0)
    return block.tobytes()


def with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    """JPEG with one more header segment."""
    return data[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + data[2:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def raw_png(
    width: int,
    height: int,
    *,
    bits: int = 8,
    colour: int = 0,
    packed: bytes | None = None,
    before: bytes = b"",
    row: bytes = b"",
) -> bytes:
    """A PNG from its parts: ``row`` repeated, or ``packed`` image data as it is."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    data = zlib.compress((b"\0" + row) * height) if packed is None else packed
    chunks = (
        png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


def packed_zeros(count: int) -> bytes:
    """Many zero bytes, deflated without ever being held."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(count >> 20)]
    return b"".join([*parts, packer.flush()])


def grid_of_things(columns: int, rows: int, side: int = 600) -> Image.Image:
    """Dark discs on white, well apart."""
    picture = Image.new("RGB", (side, side * rows // columns), "white")
    draw, step = ImageDraw.Draw(picture), side / columns
    for x in range(columns):
        for y in range(rows):
            box = (x * step + step / 6, y * step + step / 6)
            draw.ellipse((*box, box[0] + step * 0.66, box[1] + step * 0.66), fill=(90, 70, 60))
    return picture


def many_scans(count: int, side: int = 4_000) -> bytes:
    """A progressive JPEG whose last pass over the picture is repeated."""
    data = encoded(Image.new("L", (side, side)), "JPEG", progressive=True, quality=10)
    last = data[data.rfind(b"\xff\xda") : -2]
    return data[:-2] + last * count + b"\xff\xd9"
