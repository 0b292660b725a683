"""What the provider stand-in's pictures and analyses are made of.

Composites, not a model's pictures: the product is cut out of its photo and set into the scene with
a plausible size, place, light and shadow. Everything is deterministic from inputs and seed.
"""

from visualizer_core.local.compositor.brief import Brief
from visualizer_core.local.compositor.facts import analyse_product, analyse_scene
from visualizer_core.local.compositor.picture import compose

__all__ = ["Brief", "analyse_product", "analyse_scene", "compose"]
