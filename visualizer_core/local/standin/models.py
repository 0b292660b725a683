"""The models the stand-in offers, read from the dated ``models.json`` beside this file."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from visualizer_core.local.standin.exchange import JsonObject, Problem

__all__ = ["Model", "ModelTable", "Price", "model_table"]

_GROWTH = {"1K": 1, "2K": 2, "4K": 4}
_METHODS = ("generateContent", "countTokens", "batchGenerateContent")


class Price(BaseModel):
    """USD per million tokens from a date on."""

    model_config = ConfigDict(frozen=True)

    since: date = Field(alias="from")
    input: float = Field(alias="in")
    text_out: float
    image_out: float = 0.0


class Model(BaseModel):
    """One model of the table."""

    model_config = ConfigDict(frozen=True)

    id: str
    role: Literal["image", "text"]
    version: str
    display_name: str
    description: str
    input_token_limit: int
    output_token_limit: int
    ratios: tuple[str, ...] = ()
    image_tokens: dict[str, int] = Field(default_factory=dict)
    max_images: int
    tokens_per_image: int
    thinking: tuple[str, ...]
    api_versions: tuple[str, ...]
    prices: tuple[Price, ...]

    def price(self, day: date) -> Price:
        """Price on a day; the oldest one for days before the table begins."""
        valid = [price for price in self.prices if price.since <= day]
        return valid[-1] if valid else self.prices[0]

    def described(self) -> JsonObject:
        """What ``models.get`` answers."""
        return {
            "name": f"models/{self.id}",
            "version": self.version,
            "displayName": self.display_name,
            "description": self.description,
            "inputTokenLimit": self.input_token_limit,
            "outputTokenLimit": self.output_token_limit,
            "supportedGenerationMethods": list(_METHODS),
            "temperature": 1,
            "topP": 0.95,
            "topK": 64,
            "maxTemperature": 2,
            "thinking": True,
        }


class ModelTable(BaseModel):
    """All models of one date."""

    model_config = ConfigDict(frozen=True)

    as_of: date
    pixels_1k: dict[str, tuple[int, int]]
    models: tuple[Model, ...]
    retired: tuple[str, ...]

    def find(self, model_id: str, version: str, method: str) -> Model | Problem:
        """Find a model by the id in the path, or say why not as the provider does."""
        name = model_id.removeprefix("models/")
        if name in self.retired:
            return self.retired_model(name)
        for model in self.models:
            if model.id == name:
                return model
        return self.missing(name, version, method)

    def retired_model(self, name: str) -> Problem:
        """Say that a model was withdrawn."""
        message = f"This model models/{name} is no longer available to new users."
        return Problem("err_404_retired", 404, message)

    def missing(self, name: str, version: str, method: str) -> Problem:
        """Say that there is no such model in this version of the API."""
        return Problem(
            "err_404_model",
            404,
            f"models/{name} is not found for API version {version}, or is not supported for "
            f"{method}. Call ListModels to see the list of available models and their supported "
            "methods.",
        )

    def pixels(self, ratio: str, size: str) -> tuple[int, int]:
        """Width and height in pixels of a picture."""
        width, height = self.pixels_1k[ratio]
        return width * _GROWTH[size], height * _GROWTH[size]


@cache
def model_table() -> ModelTable:
    """Read the table that ships with this version."""
    path = Path(__file__).with_name("models.json")
    return ModelTable.model_validate(json.loads(path.read_text(encoding="utf-8")))
