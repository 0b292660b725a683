"""The prompt of one picture: settings and analyses in, labelled parts and a trace out.

Three parts: preserve the product, the scene, preserve again. Pure and versioned: the same input
gives the same prompt, and any change to the words raises `PROMPT_VERSION`. The aspect ratio and
the size never stand in the text; they go only where the provider reads them.

A custom prompt replaces the words of the scene. The labels of the pictures, the rules that preserve
the product, its real size and the rules for the frame stay: without them the picture is not one of
the product.
"""

from collections.abc import Sequence
from uuid import UUID

from visualizer_core.domain.analysis import ProductAnalysis
from visualizer_core.domain.corrections import RetryHint, corrective_clause
from visualizer_core.domain.generation_settings import MAX_PROMPT_CHARS
from visualizer_core.domain.prompt_parts import (
    BuiltPrompt,
    PromptImage,
    PromptInput,
    PromptInspiration,
    PromptProduct,
    PromptText,
)
from visualizer_core.domain.prompt_scene import scene_lines, variation_line
from visualizer_core.domain.quoting import DATA_NOTE, data_block, generic_class, quoted
from visualizer_core.domain.vocabulary import Placement
from visualizer_core.errors import InvalidInput

__all__ = [
    "MAX_PRODUCT_PHOTOS",
    "PROMPT_VERSION",
    "BuiltPrompt",
    "PromptImage",
    "PromptInput",
    "PromptInspiration",
    "PromptProduct",
    "PromptText",
    "build_prompt",
    "size_sentence",
]

PROMPT_VERSION = 1
"""Raised when any words change; part of the recipe."""

MAX_PRODUCT_PHOTOS = 4  # more views than front, side, back and a detail add cost, not likeness

_SUPPORT: dict[Placement, str] = {
    "floor": (
        "It stands on the floor, with every foot or its whole base on the ground and a soft contact"
        " shadow where it touches."
    ),
    "wall": (
        "It hangs on or is fixed to a wall, at a natural height and flat against it, with a soft"
        " shadow on the wall."
    ),
    "ceiling": (
        "It hangs freely from the ceiling by its own fixing, at a natural height, and what is"
        " around it catches its shadow or its light."
    ),
    "surface": (
        "It rests on a stable table, shelf, counter or similar surface of fitting height, with a"
        " soft contact shadow where it touches."
    ),
}

_UNCHANGED = (
    "Its shape, proportions, materials, colours, texture and number of parts stay as photographed;"
    " only the surroundings may change."
)

_CUSTOM_LABEL = "The scene, in the words of the person who asks for it"

_SCALE = (
    "For comparison: a door is about 203 cm high, a chair seat 43-48 cm, a kitchen counter 91 cm."
)


def build_prompt(given: PromptInput) -> BuiltPrompt:
    """Build the prompt of one picture.

    Raises
    ------
    InvalidInput
        When there is no product photo, or `variant` is not one of ``settings.variants``.
    """
    if not given.photos:
        raise InvalidInput(f"“{given.product.name}” has no photo. Add one before generating.")
    if not 1 <= given.variant <= given.settings.variants:
        raise InvalidInput(
            f"Variant {given.variant} of “{given.product.name}” does not exist; the settings ask"
            f" for {given.settings.variants}."
        )
    analysis = given.product.described()
    noun = generic_class(analysis.generic_class)
    photos = given.photos[:MAX_PRODUCT_PHOTOS]
    shown = tuple(entry for entry in given.inspirations if entry.send_pixels)
    parts: list[PromptText | PromptImage] = [
        *_photo_parts(photos, noun),
        PromptText(_preserve(given, analysis, noun, len(photos)), "preserve"),
        *_inspiration_parts(shown, first=len(photos) + 1),
        PromptText(_scene(given, shown, first=len(photos) + 1), "scene"),
        PromptText(_preserve_again(given, analysis, noun), "preserve_again"),
    ]
    text = "\n\n".join(
        part.text if isinstance(part, PromptText) else f"[Image {part.number}: {part.kind}]"
        for part in parts
    )
    trace = _trace(given, analysis, noun, len(photos), len(shown))
    return BuiltPrompt(tuple(parts), text, trace, PROMPT_VERSION)


def size_sentence(
    width_cm: float | None, depth_cm: float | None, height_cm: float | None
) -> str | None:
    """``Real size: 82 cm wide, 90 cm deep, 75 cm high.``; None when no side is known."""
    sides = ((width_cm, "wide"), (depth_cm, "deep"), (height_cm, "high"))
    known = [f"{_number(side)} cm {word}" for side, word in sides if side and _is_size(side)]
    return f"Real size: {', '.join(known)}." if known else None


def _is_size(side_cm: float) -> bool:
    return 0.1 <= side_cm <= 5_000  # noqa: PLR2004  # a millimetre to a house; also refuses NaN


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


# --- pictures and their labels ------------------------------------------------------------------


def _photo_parts(photos: Sequence[UUID], noun: str) -> list[PromptText | PromptImage]:
    parts: list[PromptText | PromptImage] = []
    for number, photo in enumerate(photos, start=1):
        view = f"Image {number} is the product"
        label = f"{view}, {_with_article(noun)}." if number == 1 else f"{view} from another side."
        parts += [PromptText(label, "label"), PromptImage(number, photo, "product")]
    return parts


def _with_article(noun: str) -> str:
    if noun.endswith("s") and not noun.endswith("ss"):
        return noun  # headphones
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


_ROLES = {
    "composition": "Image {n} is an inspiration: it shows the room, the viewpoint and the light.",
    "style": "Image {n} is an inspiration: it shows the style, the colours and the mood.",
    "subject": "Image {n} is an inspiration: it shows how such a thing is arranged in use.",
}


def _inspiration_parts(
    shown: Sequence[PromptInspiration], *, first: int
) -> list[PromptText | PromptImage]:
    parts: list[PromptText | PromptImage] = []
    for number, entry in enumerate(shown, start=first):
        parts += [
            PromptText(_ROLES[entry.role].format(n=number), "label"),
            PromptImage(number, entry.id, "inspiration"),
        ]
    if shown:
        which = _images(first, len(shown))
        parts.append(
            PromptText(
                f"{which}: style/composition only; take no furniture from"
                f" {'this' if len(shown) == 1 else 'these'}.",
                "label",
            )
        )
    return parts


def _images(first: int, count: int) -> str:
    return f"Image {first}" if count == 1 else f"Images {first} to {first + count - 1}"


# --- the three parts ----------------------------------------------------------------------------


def _preserve(given: PromptInput, analysis: ProductAnalysis, noun: str, photo_count: int) -> str:
    these = "this is the item" if photo_count == 1 else "these are the item, from several sides"
    lines = [
        f"{_images(1, photo_count)}: {these}.",
        f"Make a photorealistic picture of exactly this {noun} in a new scene.",
        _UNCHANGED,
        "The words and marks that are part of the product stay as they are."
        if analysis.has_text
        else "Nothing is printed on or added to the product.",
    ]
    product = given.product
    if size := size_sentence(product.width_cm, product.depth_cm, product.height_cm):
        lines += [size, _SCALE]
    described = given.hint is not RetryHint.REWORDED  # refused words are left out the second time
    lines += [
        DATA_NOTE,
        data_block(
            {
                "name": product.name,
                "category": product.category,
                "description": product.description if described else "",
            }
        ),
    ]
    return "\n".join(lines)


def _scene(given: PromptInput, shown: Sequence[PromptInspiration], *, first: int) -> str:
    settings = given.settings
    if settings.custom_prompt.strip():
        lines = [f"{_CUSTOM_LABEL}: {quoted(settings.custom_prompt, MAX_PROMPT_CHARS)}"]
    else:
        roles = [entry.role for entry in shown]
        unseen = [entry.analysis for entry in given.inspirations if not entry.send_pixels]
        lines = scene_lines(settings, roles, first, [scene for scene in unseen if scene])
    if settings.variants > 1:
        lines.append(variation_line(given.variant, settings.variants, settings.variety))
    if settings.user_prompt.strip():
        lines.append(_wish("The person's wish for the scene", settings.user_prompt))
    if given.instruction.strip():
        lines.append(_wish("What should be different this time", given.instruction))
    return "\n".join(lines)


def _wish(label: str, text: str) -> str:
    return f"{label}, as far as the product stays as photographed: {quoted(text, MAX_PROMPT_CHARS)}"


def _preserve_again(given: PromptInput, analysis: ProductAnalysis, noun: str) -> str:
    apart = "Apart from what is on the product itself, the" if analysis.has_text else "The"
    lines = [
        f"Check before you finish: the {noun} is the one in image 1. {_UNCHANGED}",
        f"It is in the picture exactly once, whole and fully in frame, and no other {noun} is.",
        _SUPPORT[analysis.placement],
        "Light, perspective and sharpness are one between the product and the scene.",
        f"{apart} picture is free of text, logos and watermarks.",
    ]
    lines += [corrective_clause(reason) for reason in dict.fromkeys(given.reasons)]
    if given.hint in _HINT_LINES:
        lines.append(_HINT_LINES[given.hint])
    return "\n".join(lines)


_HINT_LINES: dict[RetryHint | None, str] = {
    RetryHint.RETURN_IMAGE: "Return an image: answer with the finished picture and no words.",
    RetryHint.CHANGED: "Compose an original scene that resembles no existing picture.",
    RetryHint.REWORDED: (
        "This is an ordinary product picture for a home furnishing shop, suitable for everyone."
    ),
    RetryHint.NOT_THE_INPUT: (
        "The result is a new picture: the product in the scene, not one of the images above."
    ),
}


def _trace(
    given: PromptInput, analysis: ProductAnalysis, noun: str, photos: int, shown: int
) -> dict[str, str]:
    source = "analysis" if given.product.analysis else "catalogue text"
    trace = {
        "class": f"{noun} ({source})",
        "placement": analysis.placement,
        "photos": f"{photos} of {len(given.photos)} sent",
        "inspirations": f"{shown} of {len(given.inspirations)} sent as pictures",
        "scene": "custom prompt" if given.settings.custom_prompt.strip() else "settings",
        "size": size_sentence(
            given.product.width_cm, given.product.depth_cm, given.product.height_cm
        )
        or "unknown",
    }
    if given.reasons:
        trace["corrections"] = ", ".join(dict.fromkeys(given.reasons))
    if given.hint:
        trace["hint"] = given.hint
    return trace
