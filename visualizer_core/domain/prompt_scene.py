"""The words of the scene part: what is around the product, never the product itself."""

from collections.abc import Sequence

from visualizer_core.domain.analysis import SceneAnalysis
from visualizer_core.domain.generation_settings import FlowGenerationSettings
from visualizer_core.domain.quoting import phrase

__all__ = ["scene_lines", "variation_line"]

_SURROUNDINGS = {
    "none": "Around the product there is nothing but the room itself.",
    "minimal": "Around the product there are only a few quiet objects.",
    "styled": "Around the product the room is styled as for a catalogue.",
    "lifestyle": "Around the product the room is lived in, with the things of everyday life.",
}
_NOBODY = {"", "none", "no", "nobody", "no people"}
_CALM, _FREE = 34, 67  # below and from here variety is small, or large

# What makes a second, third and fourth picture different without touching the product.
_NUDGES = (
    "the product in the middle of the composition",
    "the product a little to the left, with more of the room to its right",
    "the product a little to the right, seen from slightly further away",
    "a slightly closer view with a shallower depth of field",
)


def scene_lines(
    settings: FlowGenerationSettings,
    roles: Sequence[str],
    first: int,
    described: Sequence[SceneAnalysis],
) -> list[str]:
    """Sentences that describe the scene.

    Parameters
    ----------
    settings : FlowGenerationSettings
    roles : sequence of str
        Of the inspirations whose pixels are sent, in order; the first is image number `first`.
    described : sequence of SceneAnalysis
        Inspirations of which only the description may be used.
    """
    lines = [_opening(settings)]
    lines += [
        f"Take the room's layout, viewpoint and light from image {number}."
        for number, role in enumerate(roles, start=first)
        if role == "composition"
    ][:1]
    lines += [_description(scene) for scene in described]
    lines += _colours(settings)
    lines += _things(settings)
    kept_out = _list(settings.negative_instructions, "; ")
    if kept_out:
        lines.append(f"Keep the scene free of: {kept_out}.")
    return lines


def _opening(settings: FlowGenerationSettings) -> str:
    sentence = f"The scene: {phrase(settings.scene_type) or 'a fitting room'}"
    for label, value in (
        ("style", settings.style),
        ("light", settings.lighting),
        ("camera", settings.camera_angle),
        ("mood", settings.mood),
        ("background", settings.background),
    ):
        if words := phrase(value):
            sentence += f"; {label}: {words}"
    return f"{sentence}."


def _description(scene: SceneAnalysis) -> str:
    words = [scene.scene_type, *scene.styles, scene.lighting, *scene.moods]
    words += [phrase(material) for material in scene.materials]
    colours = ", ".join(scene.colours)
    listed = ", ".join(word for word in words if word)
    return f"The scene follows this description of a picture: {listed}; colours {colours}."


def _colours(settings: FlowGenerationSettings) -> list[str]:
    lines: list[str] = []
    if words := phrase(settings.colour_scheme):
        lines.append(f"Colours of the surroundings: {words}.")
    if settings.palette:
        lines.append(
            f"Use these colours in the surroundings, never on the product:"
            f" {', '.join(settings.palette)}."
        )
    if settings.match_product_colours:
        lines.append("Choose accents in the surroundings that harmonise with the product.")
    return lines


def _things(settings: FlowGenerationSettings) -> list[str]:
    around = settings.surroundings.strip().casefold()
    custom = phrase(settings.surroundings)
    lines = [_SURROUNDINGS.get(around) or f"Around the product: {custom or 'what suits it'}."]
    if props := _list(settings.props, ", "):
        lines.append(f"Props in the scene, beside or behind the product: {props}.")
    lines.append(
        "Small accessories may stand beside the product, never on it or attached to it."
        if settings.include_accessories
        else "Nothing lies on the product or is attached to it."
    )
    people = phrase(settings.human_presence)
    lines.append(
        "The scene is empty of people and animals."
        if people.casefold() in _NOBODY
        else f"People: {people}; they neither touch nor hide the product."
    )
    return lines


def _list(items: Sequence[str], joint: str) -> str:
    return joint.join(words for words in map(phrase, items) if words)


def variation_line(variant: int, variants: int, variety: int) -> str:
    """How this variant differs from its siblings; `variety` 0-100 says how much."""
    nudge = _NUDGES[(variant - 1) % len(_NUDGES)]
    if variety < _CALM:
        how = "differ only in small details of styling"
    elif variety < _FREE:
        how = "differ in styling and framing"
    else:
        how = "differ clearly in arrangement, framing and time of day"
    return f"This is variation {variant} of {variants}; they {how}. This one: {nudge}."
