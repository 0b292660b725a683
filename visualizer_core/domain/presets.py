"""Export presets: what each channel wants, and which pictures it may not get.

A preset is a row of ``presets.json``, so adding one needs no code. It is a policy, not just a size:
`judge` says before any work whether a picture may be exported with it, and why not.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from visualizer_core.errors import InvalidInput

__all__ = [
    "ExportFormat",
    "Finding",
    "PictureFacts",
    "Preset",
    "Verdict",
    "builtin_presets",
    "find_preset",
    "judge",
    "load_presets",
]

ExportFormat = Literal["jpeg", "png", "webp", "tiff"]
_Share = Annotated[float, Field(ge=0, le=1)]

RATIO_TOLERANCE = 0.03  # as for generated pictures: 4:3 of a provider is really 1.339


class Preset(BaseModel):
    """One channel's wishes; unset means that the channel does not care."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    label: str
    width: int | None = Field(ge=1, description="pixels; None: as generated")
    height: int | None = Field(ge=1, description="pixels; None: as generated")
    ratio: str | None = Field(
        pattern=r"^\d+(\.\d+)?:\d+(\.\d+)?$",
        description="None: any; the size is then an upper bound",
    )
    formats: tuple[ExportFormat, ...] = Field(description="best first; empty: the original bytes")
    max_bytes: int | None = Field(ge=1)
    refuses_generated: bool = Field(default=False, description="real photos only")
    refusal: str = Field(default="", description="what to tell the person who tries")
    background: Literal["white"] | None = None
    min_product_share: _Share | None = Field(default=None, description="of the frame's longer side")
    max_per_product: int | None = Field(default=None, ge=1)
    needs_source_tag: bool = Field(default=False, description="IPTC digital source type, in XMP")
    no_overlay: bool = False
    no_border: bool = Field(default=False, description="pictures are cropped, never padded")
    one_ratio_per_product: bool = False
    min_short_side: int | None = Field(default=None, ge=1, description="pixels, as exported")
    keep_clear_top: _Share = Field(default=0, description="share of the height without the product")
    keep_clear_bottom: _Share = 0

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.width is None) != (self.height is None):
            raise ValueError(f"{self.id}: width and height go together")
        if self.refuses_generated and not self.refusal:
            raise ValueError(f"{self.id}: a refusal needs its reason")
        return self

    def ratio_value(self) -> float | None:
        """Width divided by height; None for any."""
        if self.ratio is None:
            return None
        width, height = self.ratio.split(":")
        return float(width) / float(height)


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known about a picture before it is exported.

    Parameters
    ----------
    width, height : int
        Pixels.
    generated : bool
        Made by a model, wholly or in part.
    has_source_tag : bool
        The export will carry the digital source type.
    position : int
        Which picture of its product this is within the export, from 1.
    sibling_ratios : tuple of float
        Ratios (width / height) of the product's other pictures in the export.
    product_box : tuple of float, optional
        Left, top, right, bottom of the product as shares of the picture, where known.
    """

    width: int
    height: int
    generated: bool = True
    has_source_tag: bool = True
    position: int = 1
    sibling_ratios: tuple[float, ...] = ()
    product_box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know; `blocks` when the picture may not be exported for it."""

    code: str
    text: str
    blocks: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a picture may go to a channel."""

    findings: tuple[Finding, ...]

    @property
    def allowed(self) -> bool:
        """No finding blocks it."""
        return not any(finding.blocks for finding in self.findings)

    @property
    def reason(self) -> str:
        """Why it is refused, for a person; empty when it is allowed."""
        return " ".join(finding.text for finding in self.findings if finding.blocks)


def judge(preset: Preset, picture: PictureFacts) -> Verdict:
    """Apply a preset's policy to one picture, before any pixel is touched."""
    return Verdict(
        (
            *_provenance(preset, picture),
            *_number(preset, picture),
            *_size(preset, picture),
            *_position(preset, picture),
        )
    )


def _provenance(preset: Preset, picture: PictureFacts) -> Iterable[Finding]:
    if picture.generated and preset.refuses_generated:
        yield Finding("generated", preset.refusal, blocks=True)
    if picture.generated and preset.needs_source_tag and not picture.has_source_tag:
        yield Finding(
            "source_tag",
            f"{preset.label} needs the digital source tag in the file. Export with it switched on.",
            blocks=True,
        )


def _number(preset: Preset, picture: PictureFacts) -> Iterable[Finding]:
    if preset.max_per_product is not None and picture.position > preset.max_per_product:
        yield Finding(
            "too_many",
            f"{preset.label} takes {preset.max_per_product} pictures of one product; this is number"
            f" {picture.position}. Leave some out.",
            blocks=True,
        )
    ratio = preset.ratio_value() or picture.width / picture.height
    if preset.one_ratio_per_product and any(
        abs(other / ratio - 1) > RATIO_TOLERANCE for other in picture.sibling_ratios
    ):
        yield Finding(
            "mixed_ratios",
            f"{preset.label} wants one ratio for all pictures of a product; they will be cropped or"
            f" padded to {preset.ratio or 'the same'}.",
            blocks=False,
        )


def _size(preset: Preset, picture: PictureFacts) -> Iterable[Finding]:
    if preset.width is None or preset.height is None:
        return
    scale = _enlargement(preset, picture, preset.width, preset.height)
    if preset.min_short_side and min(picture.width, picture.height) < preset.min_short_side:
        yield Finding(
            "too_small",
            f"{preset.label} wants a shortest side of at least {preset.min_short_side} pixels; this"
            f" picture has {min(picture.width, picture.height)}. Generate it in a larger size.",
            blocks=True,
        )
    elif scale > 1:
        yield Finding(
            "upscaled",
            f"For {preset.label} this picture is enlarged {scale:.2g} times. A larger image size"
            " looks better.",
            blocks=False,
        )


def _enlargement(preset: Preset, picture: PictureFacts, width: int, height: int) -> float:
    """How much the picture grows; without a fixed ratio the size is only an upper bound."""
    factors = (width / picture.width, height / picture.height)
    return max(factors) if preset.ratio else min(1.0, *factors)


def _position(preset: Preset, picture: PictureFacts) -> Iterable[Finding]:
    if picture.product_box is None:
        return
    left, top, right, bottom = picture.product_box
    if top < preset.keep_clear_top or bottom > 1 - preset.keep_clear_bottom:
        yield Finding(
            "not_clear",
            f"On {preset.label} the top {preset.keep_clear_top:.0%} and the bottom"
            f" {preset.keep_clear_bottom:.0%} are covered; the product reaches into them.",
            blocks=False,
        )
    share = max(right - left, bottom - top)
    if preset.min_product_share is not None and share < preset.min_product_share:
        yield Finding(
            "product_small",
            f"{preset.label} wants the product to fill {preset.min_product_share:.0%} of the frame;"
            f" it fills {share:.0%}.",
            blocks=False,
        )


# --- the rows -----------------------------------------------------------------------------------

_ROWS = TypeAdapter(tuple[Preset, ...])


def load_presets(path: Path) -> tuple[Preset, ...]:
    """Read a preset file: a JSON list, one row a preset.

    Raises
    ------
    InvalidInput
        When two rows have the same id.
    """
    presets = _ROWS.validate_python(json.loads(path.read_text(encoding="utf-8")))
    ids = [preset.id for preset in presets]
    if len(set(ids)) < len(ids):
        raise InvalidInput(f"Two export presets in {path.name} have the same id. Rename one.")
    return presets


@cache
def builtin_presets() -> tuple[Preset, ...]:
    """The presets that ship with this version."""
    return load_presets(Path(__file__).with_name("presets.json"))


def find_preset(preset_id: str) -> Preset:
    """Find one preset.

    Raises
    ------
    InvalidInput
        When there is none; names those there are.
    """
    for preset in builtin_presets():
        if preset.id == preset_id:
            return preset
    known = ", ".join(preset.id for preset in builtin_presets())
    raise InvalidInput(f"There is no export preset “{preset_id}”. Choose one of: {known}.")
