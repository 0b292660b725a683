"""The dated registry of provider models: what each can make and what it costs.

No model id or price stands in code: both are rows of ``models.json`` beside this file, which a
deployment may replace (``MODEL_REGISTRY_FILE``). Prices are USD per million tokens.
"""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from visualizer_core.domain.status import Lane
from visualizer_core.domain.vocabulary import AspectRatio, ImageSize
from visualizer_core.errors import InvalidInput

__all__ = ["ModelEntry", "ModelRegistry", "Usage", "builtin_registry", "load_registry"]

_TOKENS_PER_PRICE = 1_000_000
_MICROS_PER_USD = 1_000_000


class Usage(BaseModel):
    """Tokens of one call as the provider reported them."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0, description="candidates, images included")
    output_image_tokens: int | None = Field(
        default=None, ge=0, description="None when the answer carries no details"
    )
    thought_tokens: int = Field(default=0, ge=0)


class ModelEntry(BaseModel):
    """One model."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Literal["image", "text"]
    retires_on: date | None = None
    sizes: tuple[ImageSize, ...] = ()
    ratios: tuple[AspectRatio, ...] = ()
    max_input_images: int = Field(ge=0)
    lanes: tuple[Lane, ...] = (Lane.STANDARD,)
    price_in: float = Field(ge=0, description="USD per million prompt tokens")
    price_text_out: float = Field(ge=0, description="USD per million text and thought tokens")
    price_image_out: float = Field(default=0, ge=0, description="USD per million image tokens")
    image_tokens: dict[str, int] = Field(default_factory=dict, description="per size")
    typical_prompt_tokens: int = Field(default=700, description="for estimates")
    typical_thought_tokens: int = Field(default=0, description="for estimates")
    pixels_1k: dict[str, tuple[int, int]] = Field(
        default_factory=dict, description="width, height per ratio at 1K; x2, x4 for 2K, 4K"
    )
    thinking_level: Literal["MINIMAL", "LOW", "MEDIUM", "HIGH"] | None = Field(
        default=None,
        description="sent with each call; None leaves it to the model, where it cannot be chosen",
    )
    latency_s: float = Field(default=15, description="typical seconds a picture takes")
    lane_discount: dict[str, float] = Field(
        default_factory=dict, description="price factor per lane, 1 when absent"
    )

    def cost_micros(self, usage: Usage, lane: Lane = Lane.STANDARD) -> int:
        """What `usage` costs, in millionths of a dollar; unknown splits are priced as images."""
        images = (
            usage.output_tokens
            if usage.output_image_tokens is None
            else min(usage.output_image_tokens, usage.output_tokens)
        )
        text = max(usage.output_tokens - images, 0) + usage.thought_tokens
        image_price = self.price_image_out or self.price_text_out
        dollars = (
            usage.prompt_tokens * self.price_in + images * image_price + text * self.price_text_out
        ) / _TOKENS_PER_PRICE
        return round(dollars * _MICROS_PER_USD * self.lane_discount.get(lane, 1.0))

    def estimate_micros(self, size: ImageSize, lane: Lane = Lane.STANDARD) -> int:
        """What one picture of `size` is expected to cost, in millionths of a dollar."""
        tokens = self.image_tokens.get(size, 0)
        return self.cost_micros(
            Usage(
                prompt_tokens=self.typical_prompt_tokens,
                output_tokens=tokens,
                output_image_tokens=tokens,
                thought_tokens=self.typical_thought_tokens,
            ),
            lane,
        )

    def pixels(self, ratio: AspectRatio, size: ImageSize) -> tuple[int, int]:
        """Width and height the model makes for `ratio` and `size`."""
        width, height = self.pixels_1k[ratio]
        factor = {"1K": 1, "2K": 2, "4K": 4}[size]
        return width * factor, height * factor


class ModelRegistry(BaseModel):
    """All models of one date, with the defaults for pictures and for analyses."""

    model_config = ConfigDict(frozen=True)

    as_of: date
    default_image_model: str
    default_analysis_model: str
    models: tuple[ModelEntry, ...]

    def get(self, model_id: str) -> ModelEntry:
        """Find one model.

        Raises
        ------
        InvalidInput
            When the registry does not know it; names those it knows.
        """
        for entry in self.models:
            if entry.id == model_id:
                return entry
        known = ", ".join(entry.id for entry in self.models)
        raise InvalidInput(f"Model “{model_id}” is not in the registry. Choose one of: {known}.")


def load_registry(path: Path) -> ModelRegistry:
    """Read a registry file."""
    return ModelRegistry.model_validate(json.loads(path.read_text(encoding="utf-8")))


@cache
def builtin_registry() -> ModelRegistry:
    """The registry that ships with this version."""
    return load_registry(Path(__file__).with_name("models.json"))
