"""How long an answer takes: a constant, or log-normal around a median."""

import random
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from visualizer_core.errors import InvalidInput

__all__ = [
    "Latency",
    "LatencySettings",
    "LogNormal",
    "Spec",
    "parse_latency",
]

Seconds = Annotated[float, Field(ge=0, le=3600)]


class LogNormal(BaseModel):
    """Seconds spread around a median the way services behave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    median_s: Seconds
    sigma: float = Field(default=0.3, ge=0, le=3)


Spec = Seconds | LogNormal


class LatencySettings(BaseModel):
    """Body of ``POST /_control/latency``; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: Spec | None = None
    text: Spec | None = None
    seed: int = 0


def parse_latency(text: str) -> Spec:
    """Read ``10``, or ``lognormal:15,0.3`` (median in seconds, sigma).

    Raises
    ------
    InvalidInput
        When it is neither.
    """
    kind, _, figures = text.partition(":")
    try:
        if kind != "lognormal":
            return float(text)
        median, _, sigma = figures.partition(",")
        return LogNormal(median_s=float(median), sigma=float(sigma or 0.3))
    except ValueError as error:
        raise InvalidInput(
            f"“{text}” is no latency. Give seconds, such as 10, or lognormal:15,0.3."
        ) from error


class Latency:
    """Draws the time each answer takes.

    Parameters
    ----------
    image, text : float or LogNormal
        For picture models and for text models.
    """

    def __init__(self, image: Spec, text: Spec) -> None:
        self._start = LatencySettings(image=image, text=text)
        self.settings = self._start
        self._random = random.Random(0)  # noqa: S311  # spreads waiting times, no secret

    def change(self, wanted: LatencySettings) -> None:
        """Take over what was given."""
        self.settings = LatencySettings(
            image=self.settings.image if wanted.image is None else wanted.image,
            text=self.settings.text if wanted.text is None else wanted.text,
        )
        self._random.seed(wanted.seed)

    def reset(self) -> None:
        """Go back to what the server was started with."""
        self.change(self._start)

    def draw(self, role: str) -> float:
        """Seconds from arrival to answer of the next call."""
        spec = self.settings.image if role == "image" else self.settings.text
        if isinstance(spec, LogNormal):
            return spec.median_s * self._random.lognormvariate(0, spec.sigma)
        return spec or 0.0
