"""The control routes from a test's side, and small requests to send."""

import base64
import io
from typing import cast

from PIL import Image, ImageDraw

from tests.local.standin.contract import Json, inside, items
from tests.support.web import web

IMAGE_PATH = "/v1beta/models/gemini-nano-banana-2.1:generateContent"
TEXT_PATH = "/v1beta/models/gemini-3.5-flash-lite:generateContent"


class Control:
    """Speaks to the control routes of one stand-in."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def post(self, name: str, body: object = None, *, expect: int = 200) -> Json:
        url = f"{self._base_url}/_control/{name}"
        response = web.post(url, json=body or {})
        assert response.status_code == expect, response.text
        return cast("Json", response.json())

    def get(self, name: str) -> Json:
        url = f"{self._base_url}/_control/{name}"
        response = web.get(url)
        assert response.status_code == 200, response.text
        return cast("Json", response.json())

    def fault(self, kind: str, **settings: object) -> None:
        self.post("faults", {"faults": [{"kind": kind, **settings}]})

    def last_number(self) -> int:
        return cast("int", self.get("log?since=0&limit=0")["last"])

    def log(self, since: int) -> list[Json]:
        return [inside(entry) for entry in items(self.get(f"log?since={since}")["entries"])]

    def last_entry(self) -> Json:
        return self.log(self.last_number() - 1)[0]

    def stats(self) -> Json:
        return self.get("stats")


def product_png(colour: str = "#b5651d") -> bytes:
    """A plain box on white."""
    image = Image.new("RGB", (160, 160), "white")
    ImageDraw.Draw(image).rectangle((40, 50, 120, 130), fill=colour)
    return _encoded(image, "PNG")


def room_jpeg(wall: str = "#c8d0d4") -> bytes:
    """A wall and a floor."""
    image = Image.new("RGB", (320, 240), wall)
    ImageDraw.Draw(image).rectangle((0, 160, 320, 240), fill="#8a6b4f")
    return _encoded(image, "JPEG")


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def inline(data: bytes, mime: str) -> Json:
    """A picture as a part of a request."""
    return {"inlineData": {"mimeType": mime, "data": base64.b64encode(data).decode()}}


def picture_request(
    *,
    product: bytes | None = None,
    seed: int | None = 7,
    ratio: str | None = "1:1",
    prompt: str = "Place the product of image 1 in the room of image 2.",
    config: Json | None = None,
) -> Json:
    """Body that asks for a picture of a product in a room."""
    parts: list[Json] = [
        {"text": "Image 1 is the product: a storage box."},
        inline(product or product_png(), "image/png"),
        {"text": "Image 2 is the room."},
        inline(room_jpeg(), "image/jpeg"),
        {"text": prompt},
    ]
    generation: dict[str, object] = {"responseModalities": ["IMAGE"], **(config or {})}
    if ratio is not None:
        generation["imageConfig"] = {"aspectRatio": ratio, "imageSize": "1K"}
    if seed is not None:
        generation["seed"] = seed
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": generation}


def analysis_request(
    schema: Json, *parts: Json, text: str = "Describe the product.", config: Json | None = None
) -> Json:
    """Body that asks for JSON under a schema."""
    given = list(parts) or [inline(product_png(), "image/png")]
    return {
        "contents": [{"role": "user", "parts": [*given, {"text": text}]}],
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseSchema": schema,
            **(config or {}),
        },
    }
