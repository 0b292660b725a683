"""Answers as scripted: normal ones, echoed, wrong, broken or blank pictures, and bad JSON."""

import base64
import io
import math
from dataclasses import dataclass, replace

from PIL import Image

from visualizer_core.local.standin.analyst import as_text
from visualizer_core.local.standin.call import Call
from visualizer_core.local.standin.checker import size_of
from visualizer_core.local.standin.loose import as_list, as_mapping
from visualizer_core.local.standin.models import model_table
from visualizer_core.local.standin.rendered import Rendered, mime_of, rendered
from visualizer_core.local.standin.shape import Shape
from visualizer_core.local.standin.studio import Order, Studio

__all__ = ["SentPicture", "pictures", "ratio_like", "text"]

_CUT_BASE64 = 56  # characters, 42 bytes: enough for the start of a JPEG, too little for any pixel
_WRONG_WORD = "sideways"


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture and the type it is sent as."""

    rendered: Rendered
    mime: str = "image/jpeg"


def ratio_like(call: Call) -> str:
    """Ratio of the last picture sent, the nearest the model has; square without pictures."""
    if not call.pictures:
        return "1:1"
    width, height = size_of(call.pictures[-1].data)
    wanted = math.log(width / height)
    return min(call.model.ratios, key=lambda ratio: abs(math.log(_quotient(ratio)) - wanted))


async def pictures(kind: str | None, studio: Studio, order: Order, call: Call) -> list[SentPicture]:
    """Make the pictures of an answer, altered as a fault says; None is the normal answer."""
    echoed = call.pictures[-1].data if call.pictures else None
    if kind == "image_same_as_input" and echoed is not None:
        return [SentPicture(rendered(echoed), mime_of(echoed))]
    if kind == "image_near_input" and echoed is not None:
        return [SentPicture(rendered(_resized(echoed, order.width, order.height)))]
    if kind == "image_black":
        return [SentPicture(rendered(_black(order.width, order.height)))]
    if kind == "image_wrong_aspect":
        ratio = "16:9" if order.width <= order.height else "9:16"
        width, height = model_table().pixels(ratio, call.size)
        order = replace(order, width=width, height=height)
    if kind == "image_ok_several_drafts_take_last":
        draft = await studio.picture(replace(order, seed=order.seed ^ 1))
        return [SentPicture(draft), SentPicture(await studio.picture(order))]
    made = await studio.picture(order)
    if kind == "image_corrupt_bytes":
        start = base64.b64decode(made.base64[0][:_CUT_BASE64])
        return [SentPicture(rendered(start))]
    return [SentPicture(made)]


def _quotient(ratio: str) -> float:
    width, height = ratio.split(":")
    return int(width) / int(height)


def _resized(data: bytes, width: int, height: int) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return _jpeg(image.convert("RGB").resize((width, height)))


def _black(width: int, height: int) -> bytes:
    return _jpeg(Image.new("RGB", (width, height)))


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def text(kind: str, value: object, shape: Shape) -> tuple[str, str]:
    """Alter an answer in JSON.

    Returns
    -------
    tuple of str
        The text and the finish reason.
    """
    whole = as_text(value)
    if kind == "analysis_truncated":
        return whole[: len(whole) * 2 // 5], "MAX_TOKENS"
    match kind:
        case "analysis_fenced":
            whole = f"```json\n{whole}\n```"
        case "analysis_empty_text":
            whole = ""
        case "analysis_bad_enum":
            whole = as_text(_with_wrong_word(value, shape))
        case "analysis_missing_key":
            whole = as_text(_without_key(value))
        case "analysis_missing_item":
            whole = as_text(_without_item(value))
        case _:
            pass
    return whole, "STOP"


def _with_wrong_word(value: object, shape: Shape) -> object:
    """Put a word into the first enumeration that is none of its members."""
    if shape.enum and isinstance(value, str):
        return _WRONG_WORD
    if (known := as_mapping(value)) is not None:
        for name, child in shape.properties:
            wrong = _with_wrong_word(known.get(name), child)
            if wrong != known.get(name):
                return {**known, name: wrong}
    if (elements := as_list(value)) and shape.items is not None:
        return [_with_wrong_word(elements[0], shape.items), *elements[1:]]
    return value


def _without_key(value: object) -> object:
    if elements := as_list(value):
        return [_without_key(elements[0]), *elements[1:]]
    if (known := as_mapping(value)) is not None:
        return dict(list(known.items())[1:])
    return value


def _without_item(value: object) -> object:
    if elements := as_list(value):
        return list(elements[:-1])
    if (known := as_mapping(value)) is not None:
        return {
            key: _without_item(inner) if as_list(inner) else inner for key, inner in known.items()
        }
    return value
