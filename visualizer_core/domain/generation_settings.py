"""Everything that shapes one picture, and nothing else.

`FlowGenerationSettings` is stored as JSONB on the asset exactly as used. `SettingsOverrides` is the
same with every field optional: what one level of the hierarchy changes.
"""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from visualizer_core.domain.analysis import HexColour
from visualizer_core.domain.status import Lane
from visualizer_core.domain.vocabulary import AspectRatio, ImageSize

__all__ = [
    "MAX_PROMPT_CHARS",
    "MAX_VARIANTS",
    "SETTINGS_VERSION",
    "FlowGenerationSettings",
    "InspirationUse",
    "SettingsOverrides",
]

SETTINGS_VERSION = 1
MAX_VARIANTS = 4  # the product's limit: more than four of one product in one scene is noise
MAX_PROMPT_CHARS = 4_000  # well under the model's input limit, and readable by a person
MAX_PALETTE = 6  # more colours than six stop meaning anything to the model
MAX_INSPIRATIONS = 4  # more scenes in one picture contradict each other
MAX_LIST = 20  # accumulated over every level of the hierarchy

_Text = Annotated[str, Field(max_length=120)]
_Items = Annotated[tuple[_Text, ...], Field(max_length=MAX_LIST)]
_Palette = Annotated[tuple[HexColour, ...], Field(max_length=MAX_PALETTE)]
_Prompt = Annotated[str, Field(max_length=MAX_PROMPT_CHARS)]


class InspirationUse(BaseModel):
    """How one inspiration takes part in a picture."""

    model_config = ConfigDict(frozen=True)

    inspiration_id: UUID
    role: Literal["composition", "style", "subject"] = "composition"
    send_pixels: bool = Field(
        default=True, description="False sends only the description; licences may demand it"
    )


class FlowGenerationSettings(BaseModel):
    """Resolved settings of one picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = SETTINGS_VERSION
    scene_type: _Text = "Living Room"
    style: _Text = "Contemporary"
    lighting: _Text = "Natural Daylight"
    camera_angle: _Text = "Eye Level"
    surroundings: _Text = "Minimal"
    colour_scheme: _Text = "Neutral"
    mood: _Text = "Calm"
    background: _Text = ""
    human_presence: _Text = "None"
    props: _Items = ()
    palette: _Palette = ()
    negative_instructions: _Items = ()
    variety: int = Field(default=30, ge=0, le=100, description="how far variants may differ")
    match_product_colours: bool = True
    include_accessories: bool = False
    user_prompt: _Prompt = ""
    custom_prompt: _Prompt = Field(default="", description="replaces the built prompt when set")
    aspect_ratio: AspectRatio = "1:1"
    image_size: ImageSize = "1K"
    variants: int = Field(default=1, ge=1, le=MAX_VARIANTS)
    model: str = Field(default="", max_length=100, description="empty: the registry's default")
    lane: Lane = Lane.STANDARD
    inspirations: tuple[InspirationUse, ...] = Field(default=(), max_length=MAX_INSPIRATIONS)


class SettingsOverrides(BaseModel):
    """What one level changes; None leaves a field to the levels before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scene_type: _Text | None = None
    style: _Text | None = None
    lighting: _Text | None = None
    camera_angle: _Text | None = None
    surroundings: _Text | None = None
    colour_scheme: _Text | None = None
    mood: _Text | None = None
    background: _Text | None = None
    human_presence: _Text | None = None
    props: _Items | None = None
    palette: _Palette | None = None
    negative_instructions: _Items | None = None
    variety: int | None = Field(default=None, ge=0, le=100)
    match_product_colours: bool | None = None
    include_accessories: bool | None = None
    user_prompt: _Prompt | None = None
    custom_prompt: _Prompt | None = None
    aspect_ratio: AspectRatio | None = None
    image_size: ImageSize | None = None
    variants: int | None = Field(default=None, ge=1, le=MAX_VARIANTS)
    model: str | None = Field(default=None, max_length=100)
    lane: Lane | None = None
    inspirations: tuple[InspirationUse, ...] | None = Field(
        default=None, max_length=MAX_INSPIRATIONS
    )

    @model_validator(mode="after")
    def _fields_are_those_of_the_settings(self) -> Self:
        missing = set(type(self).model_fields) ^ (
            set(FlowGenerationSettings.model_fields) - {"version"}
        )
        if missing:
            raise ValueError(f"settings and overrides differ in {sorted(missing)}")
        return self
