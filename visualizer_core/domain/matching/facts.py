"""What matching needs to know about products and scenes, and what it says about a pair."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.analysis_text import CatalogueText, product_from_text, scene_from_text
from visualizer_core.domain.ids import InspirationId, ProductId

__all__ = ["Match", "MatchScore", "ProductFacts", "Reason", "ReasonCode", "SceneFacts"]

ReasonCode = Literal["room", "style", "colour", "setting", "scale", "camera"]


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """One product; sizes in cm. Without an analysis its catalogue text stands in."""

    id: ProductId
    name: str
    category: str = ""
    analysis: ProductAnalysis | None = None
    description: str = ""
    width_cm: float | None = None
    depth_cm: float | None = None
    height_cm: float | None = None

    def described(self) -> ProductAnalysis:
        """The analysis, or what the catalogue's text tells."""
        return self.analysis or product_from_text(
            CatalogueText(
                name=self.name,
                category=self.category,
                description=self.description,
                width_cm=self.width_cm,
                depth_cm=self.depth_cm,
                height_cm=self.height_cm,
            )
        )

    def group(self) -> str:
        """Products of one group should not all land in one scene."""
        return " ".join(self.category.casefold().split())


@dataclass(frozen=True, slots=True)
class SceneFacts:
    """One inspiration. Without an analysis its description and file name stand in."""

    id: InspirationId
    analysis: SceneAnalysis | None = None
    description: str = ""
    file_name: str = ""

    def described(self) -> SceneAnalysis:
        """The analysis, or what words tell."""
        return self.analysis or scene_from_text(self.description, self.file_name)


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score.

    Parameters
    ----------
    code : ReasonCode
    text : str
        For a person.
    contribution : float
        What it adds to the score; the contributions of a pair sum to its score.
    """

    code: ReasonCode
    text: str
    contribution: float


@dataclass(frozen=True, slots=True)
class MatchScore:
    """How well a product and a scene go together, 0-1, and why; strongest reason first."""

    value: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The scene one product gets; `fixed` when a person chose it."""

    product_id: UUID
    scene_id: UUID
    score: float
    reasons: tuple[Reason, ...]
    fixed: bool = False
