"""Which level of the hierarchy decides which setting.

Later levels win; the three lists (props, palette, negative instructions) add up. Nothing but
overrides is stored at each level, so a changed client default reaches everything that did not say
otherwise.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from visualizer_core.domain import colour
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.generation_settings import (
    MAX_LIST,
    MAX_PALETTE,
    FlowGenerationSettings,
    SettingsOverrides,
)
from visualizer_core.domain.registry import ModelEntry
from visualizer_core.domain.status import Lane

__all__ = [
    "ACCUMULATING",
    "Level",
    "Merged",
    "Resolved",
    "base_from_analyses",
    "check_against",
    "merge",
    "overrides_from_product",
    "overrides_from_scene",
    "resolve",
]


class Level(StrEnum):
    """Who says so, weakest first."""

    BUILTIN = "builtin"
    CLIENT = "client"
    BRAND_KIT = "brand_kit"
    CATEGORY = "category"
    COLLECTION = "collection"
    SCENE = "scene"
    PRODUCT = "product"
    OVERRIDE = "override"


_STRENGTH = {level: strength for strength, level in enumerate(Level)}

ACCUMULATING = {"props": MAX_LIST, "palette": MAX_PALETTE, "negative_instructions": MAX_LIST}
"""The lists that add up over the levels, with the most each may hold."""

_ROOM_COLOURS = 3  # of a scene: its walls, floor and largest piece; accents are left to the product
_BASE_COLOURS = 3  # of a collection, so that a scene's own colours still find room in the palette
# Votes of a scene's colours by rank; whole, because sums of fractions depend on their order.
_COLOUR_VOTES = (60, 30, 20, 15, 12, 10)
_SCENE_VOTE = 2  # inspirations are chosen for their look, products are not


@dataclass(frozen=True, slots=True)
class Merged:
    """Several levels as one.

    Parameters
    ----------
    overrides : SettingsOverrides
        Only what some level set.
    trace : dict
        Field to the level that set it; for lists, the levels whose entries are still in it.
    dropped : dict
        List field to entries that found no room (``"entry (level)"``), weakest level first.
    """

    overrides: SettingsOverrides
    trace: dict[str, Level | list[Level]]
    dropped: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings as they will be used, and why; `trace` and `dropped` as in `Merged`.

    `trace` names every field; those that nobody set are ``builtin``.
    """

    settings: FlowGenerationSettings
    trace: dict[str, Level | list[Level]]
    dropped: dict[str, list[str]]

    def trace_json(self) -> dict[str, str | list[str]]:
        """The trace for storage and screens; what found no room is under ``"<field>:dropped"``."""
        shown: dict[str, str | list[str]] = {}
        for field, levels in self.trace.items():
            shown[field] = [*levels] if isinstance(levels, list) else str(levels)
        for field, entries in self.dropped.items():
            shown[f"{field}:dropped"] = list(entries)
        return shown


def resolve(levels: Sequence[tuple[Level, SettingsOverrides]]) -> Resolved:
    """Combine what every level says into the settings of one picture.

    Parameters
    ----------
    levels : sequence of (Level, SettingsOverrides)
        In any order, they are sorted by strength; entries of one level apply in the order given.
    """
    merged = merge(levels)
    builtin = FlowGenerationSettings()
    values = {field: getattr(builtin, field) for field in SettingsOverrides.model_fields}
    values |= _set_fields(merged.overrides)
    trace: dict[str, Level | list[Level]] = dict.fromkeys(values, Level.BUILTIN)
    return Resolved(
        FlowGenerationSettings.model_validate(values), trace | merged.trace, merged.dropped
    )


def merge(levels: Sequence[tuple[Level, SettingsOverrides]]) -> Merged:
    """Combine levels without the built-in defaults; parameters as for `resolve`."""
    ordered = sorted(levels, key=lambda entry: _STRENGTH[entry[0]])
    values: dict[str, object] = {}
    trace: dict[str, Level | list[Level]] = {}
    for level, overrides in ordered:
        for field, value in _set_fields(overrides).items():
            if field not in ACCUMULATING:
                values[field] = value
                trace[field] = level
    dropped: dict[str, list[str]] = {}
    for field, room in ACCUMULATING.items():
        kept, lost = _accumulate(field, room, ordered)
        if kept:
            values[field] = tuple(text for _, text in kept)
            trace[field] = list(dict.fromkeys(level for level, _ in kept))
        if lost:
            dropped[field] = [f"{text} ({level})" for level, text in lost]
    return Merged(SettingsOverrides.model_validate(values), trace, dropped)


def _set_fields(overrides: SettingsOverrides) -> dict[str, object]:
    values = {field: getattr(overrides, field) for field in SettingsOverrides.model_fields}
    return {field: value for field, value in values.items() if value is not None}


_Entry = tuple[Level, str]


def _accumulate(
    field: str, room: int, ordered: Sequence[tuple[Level, SettingsOverrides]]
) -> tuple[list[_Entry], list[_Entry]]:
    """What stays and what found no room; the weakest level gives way first, from its end."""
    seen: set[str] = set()
    entries: list[_Entry] = []
    for level, overrides in ordered:
        texts: tuple[str, ...] = getattr(overrides, field) or ()
        for text in (" ".join(raw.split()) for raw in texts):
            if text and text.casefold() not in seen:
                seen.add(text.casefold())
                entries.append((level, text))
    strongest_first = sorted(range(len(entries)), key=lambda at: (-_STRENGTH[entries[at][0]], at))
    stays = set(strongest_first[:room])
    return (
        [entry for at, entry in enumerate(entries) if at in stays],
        [entry for at, entry in enumerate(entries) if at not in stays],
    )


# --- what the analyses suggest ------------------------------------------------------------------


def overrides_from_scene(
    scene: SceneAnalysis, *, match_product_colours: bool = True
) -> SettingsOverrides:
    """What the matched inspiration sets (level ``scene``).

    With `match_product_colours` only the room's main colours are kept, so that accents can follow
    the product; without it the whole palette of the picture is asked for.
    """
    wanted = _ROOM_COLOURS if match_product_colours else MAX_PALETTE
    return SettingsOverrides(
        scene_type=scene.scene_type,
        style=scene.styles[0],
        lighting=scene.lighting,
        camera_angle=scene.camera_angle,
        surroundings=scene.surroundings,
        mood=scene.moods[0] if scene.moods else None,
        colour_scheme=colour.scheme(scene.colours),
        palette=tuple(scene.colours[:wanted]),
        props=tuple(scene.props),
    )


def overrides_from_product(product: ProductAnalysis) -> SettingsOverrides:
    """What this kind of thing suggests (level ``category``): its room, style and mood."""
    return SettingsOverrides(
        scene_type=product.rooms[0],
        style=product.styles[0],
        mood=product.moods[0] if product.moods else None,
    )


def base_from_analyses(
    products: Sequence[ProductAnalysis], scenes: Sequence[SceneAnalysis]
) -> SettingsOverrides:
    """Base settings of a collection: what its inspirations, then its products, agree on.

    Scene type, light and camera come from inspirations alone; without any they stay open, because
    the products of one collection belong in different rooms. The order of the inputs is
    immaterial: ties go to the alphabetically first.
    """
    styles = [(names.styles, 1) for names in products]
    styles += [(names.styles, _SCENE_VOTE) for names in scenes]
    moods = [(names.moods, 1) for names in products]
    moods += [(names.moods, _SCENE_VOTE) for names in scenes]
    colours = [
        (text, _COLOUR_VOTES[rank]) for scene in scenes for rank, text in enumerate(scene.colours)
    ]
    palette = colour.distinct(colours, _BASE_COLOURS)
    return SettingsOverrides(
        style=_elect(styles),
        mood=_elect(moods),
        scene_type=_elect([([scene.scene_type], 1) for scene in scenes]),
        lighting=_elect([([scene.lighting], 1) for scene in scenes]),
        camera_angle=_elect([([scene.camera_angle], 1) for scene in scenes]),
        surroundings=_elect([([scene.surroundings], 1) for scene in scenes]),
        colour_scheme=colour.scheme(palette) if palette else None,
        palette=palette or None,
    )


def _elect(ballots: Iterable[tuple[Sequence[str], int]]) -> str | None:
    """The name with most votes; the second of a ballot counts half, the third a third."""
    votes: Counter[str] = Counter()
    for names, weight in ballots:
        for rank, name in enumerate(names):
            votes[name] += weight * 6 // (rank + 1)  # ballots hold at most three
    return min(votes, key=lambda name: (-votes[name], name)) if votes else None


# --- what the model can do ----------------------------------------------------------------------


def check_against(
    model: ModelEntry,
    settings: FlowGenerationSettings,
    *,
    product_photos: int = 1,
    today: date | None = None,
) -> list[str]:
    """What of `settings` `model` cannot do, each with the remedy; empty when all is well.

    The priority lane is never a problem: where the provider has no such tier, the call goes
    through the standard lane ahead of the others.
    """
    if model.kind != "image":
        return [f"Model “{model.id}” makes no pictures. Choose an image model."]
    problems = [
        _not_offered(model, what, chosen, offered)
        for what, chosen, offered in (
            ("aspect ratio", settings.aspect_ratio, model.ratios),
            ("image size", settings.image_size, model.sizes),
            ("lane", settings.lane, (*model.lanes, Lane.PRIORITY)),
        )
        if chosen not in offered
    ]
    pictures = product_photos + sum(use.send_pixels for use in settings.inspirations)
    if pictures > model.max_input_images:
        problems.append(
            f"Model “{model.id}” takes {model.max_input_images} pictures, but {pictures} would be"
            " sent. Use fewer product photos or inspirations."
        )
    if today and model.retires_on and model.retires_on <= today:
        problems.append(
            f"Model “{model.id}” was retired on {model.retires_on:%Y-%m-%d}. Choose another model."
        )
    return problems


def _not_offered(model: ModelEntry, what: str, chosen: str, offered: Sequence[str]) -> str:
    return (
        f"Model “{model.id}” does not offer {what} {chosen}. Choose one of: {', '.join(offered)}."
    )
