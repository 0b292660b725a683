"""Which variants of a product look different, and so need pictures of their own.

A shop sells a sofa in three colours and two leg heights as six variants of one product. The
studio pictures what a viewer can tell apart:

- Variants become products of their own when each carries its own SKU **and** they differ by a
  colour-like option or by their own image. Those that look alike (sizes of one colour) stay
  together.
- Otherwise the product comes in once, with its variants listed: without a SKU of its own a
  variant could not be recognised in the next file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from visualizer_core.domain.catalogue.text import fold, word_set

__all__ = ["Look", "is_colour_like", "visual_groups"]

_COLOUR_LIKE = word_set(
    "color colour colors colours colorway colourway shade finish material materials fabric pattern "
    "print upholstery wood leather cover frame design motif farbe farben material oberflache stoff "
    "bezug muster holz leder couleur matiere finition tissu motif colore materiale finitura "
    "tessuto color acabado tejido kleur materiaal stof afwerking farg farve farge materiaali vari "
    "kolor materia barva szin anyag culoare cor acabamento цвет 色 カラー 颜色 素材"
)


@dataclass(frozen=True, slots=True)
class Look:
    """What of a variant matters here: its SKU, its options (name, value) and its own image."""

    sku: str | None
    options: tuple[tuple[str, str], ...]
    image: str | None


def is_colour_like(option: str) -> bool:
    """Tell whether an option called `option` changes how a product looks (not how big it is)."""
    words = option.replace("_", " ").replace("/", " ").replace("-", " ").split()
    return any(fold(word) in _COLOUR_LIKE for word in words)


def visual_groups(looks: Sequence[Look]) -> tuple[tuple[int, ...], ...]:
    """Group the variants of one product by what they look like.

    Parameters
    ----------
    looks : sequence of Look
        The variants in file order.

    Returns
    -------
    tuple of tuple of int
        Indices into `looks`; every index once, groups by their first member. One group when the
        variants may not be set apart (see the module).
    """
    by_colour: dict[tuple[str, ...], list[int]] = {}
    for index, look in enumerate(looks):
        colours = tuple(fold(value) for name, value in look.options if is_colour_like(name))
        by_colour.setdefault(colours, []).append(index)
    groups = [part for group in by_colour.values() for part in _by_image(looks, group)]
    if len(groups) < 2 or not _own_skus(looks, groups):  # noqa: PLR2004 - nothing to set apart
        return (tuple(range(len(looks))),)
    return tuple(sorted(tuple(group) for group in groups))


def _by_image(looks: Sequence[Look], group: list[int]) -> list[list[int]]:
    # Only when every variant has a picture: a blank one may well look like its neighbour.
    by_image: dict[str | None, list[int]] = {}
    for index in group:
        by_image.setdefault(looks[index].image, []).append(index)
    return [group] if None in by_image else list(by_image.values())


def _own_skus(looks: Sequence[Look], groups: list[list[int]]) -> bool:
    seen: set[str | None] = {None}
    for group in groups:
        skus = {looks[index].sku for index in group}
        if skus & seen:
            return False
        seen |= skus
    return True
