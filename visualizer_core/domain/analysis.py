"""What the analyst model says about a product photo or an inspiration.

The models are flat and short (at most 25 fields, short enumerations): deep schemas are refused by
the provider. Bounds are checked here, because the provider does not promise them. Text that comes
back is untrusted: it is capped, and shown escaped.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from visualizer_core.domain.vocabulary import (
    CameraAngle,
    Lighting,
    Mood,
    Placement,
    SceneType,
    Style,
)

__all__ = [
    "ANALYSIS_VERSION",
    "HexColour",
    "ProductAnalysis",
    "ScaleHint",
    "SceneAnalysis",
    "Surrounding",
]

ANALYSIS_VERSION = 1
"""Raised when the fields or the instructions change; part of the cache key."""

HexColour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
ShortText = Annotated[str, Field(max_length=60)]
ScaleHint = Literal["tiny", "small", "medium", "large", "very large"]
Surrounding = Literal["None", "Minimal", "Styled", "Lifestyle"]


class ProductAnalysis(BaseModel):
    """Structured description of one product, made from its photo and its catalogue text."""

    model_config = ConfigDict(frozen=True)

    generic_class: ShortText = Field(
        description="the plain noun for this kind of thing, such as 'dining chair'; no adjectives"
    )
    placement: Placement = Field(description="where such a thing stands or hangs")
    indoor: bool
    outdoor: bool
    rooms: list[SceneType] = Field(min_length=1, max_length=5, description="best first")
    styles: list[Style] = Field(min_length=1, max_length=3, description="best first")
    moods: list[Mood] = Field(default_factory=list[Mood], max_length=3)
    materials: list[ShortText] = Field(default_factory=list[ShortText], max_length=6)
    colours: list[HexColour] = Field(min_length=1, max_length=6, description="largest area first")
    camera_angle: CameraAngle = "3/4 View"
    scale: ScaleHint = "medium"
    has_text: bool = Field(default=False, description="text or a logo is visible on the product")
    background: Literal["plain", "transparent", "scene"] = "plain"
    summary: str = Field(default="", max_length=300)


class SceneAnalysis(BaseModel):
    """Structured description of one inspiration picture as a place to put products."""

    model_config = ConfigDict(frozen=True)

    scene_type: SceneType
    indoor: bool
    styles: list[Style] = Field(min_length=1, max_length=3, description="best first")
    lighting: Lighting = "Natural Daylight"
    camera_angle: CameraAngle = "Eye Level"
    moods: list[Mood] = Field(default_factory=list[Mood], max_length=3)
    colours: list[HexColour] = Field(min_length=1, max_length=6, description="largest area first")
    materials: list[ShortText] = Field(default_factory=list[ShortText], max_length=6)
    surroundings: Surrounding = "Minimal"
    props: list[ShortText] = Field(default_factory=list[ShortText], max_length=8)
    free_floor: float = Field(default=0.3, ge=0, le=1, description="share of visible free floor")
    summary: str = Field(default="", max_length=300)
