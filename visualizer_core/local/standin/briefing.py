"""Read from a prompt what a picture shall show: product, scene, real size, place.

The prompt is prose written for a model. The readings are tolerant: what is not found is left open
and decided by the compositor.
"""

import re
from dataclasses import dataclass

from visualizer_core.domain.vocabulary import SCENE_TYPES
from visualizer_core.local.compositor.brief import Brief
from visualizer_core.local.compositor.lexicon import find_kind
from visualizer_core.local.standin.call import Call, Picture, Text

__all__ = ["Scene", "brief_of", "scene_of"]

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_UNIT = r"\s*(cm|mm|m|inches|inch|in|ft|feet)\b"
_INCH, _FOOT = 2.54, 30.48
_IN_CM = {
    "cm": 1.0,
    "mm": 0.1,
    "m": 100.0,
    "inches": _INCH,
    "inch": _INCH,
    "in": _INCH,
    "ft": _FOOT,
    "feet": _FOOT,
}
_AXES = {
    "width": ("wide|in width|width", "width|w"),
    "depth": ("deep|in depth|depth|long|in length", "depth|length|d"),
    "height": ("high|tall|in height|height", "height|h"),
}
_TRIPLE = re.compile(
    rf"{_NUMBER}(?:{_UNIT})?\s*[x\u00d7]\s*{_NUMBER}(?:{_UNIT})?\s*[x\u00d7]\s*{_NUMBER}{_UNIT}",
    re.IGNORECASE,
)
_REAL_SIZE = re.compile(r"\breal size\s*:[^\n]*?\.(?=\s|$)", re.IGNORECASE)
_DATA = re.compile(r"<(\w*data)>.*?</\1>", re.DOTALL)  # catalogue text, quoted: not about the scene
_NOUN = (
    re.compile(r"\bproduct, (?:an? )?([\w /&-]{2,60}?)\.", re.IGNORECASE),
    re.compile(r"\bexactly this ([\w /&-]{2,60}?) in an?\b", re.IGNORECASE),
    re.compile(r"\bgeneric class\s*[:=]\s*[\"“']?([\w /&-]{2,60})", re.IGNORECASE),
    re.compile(
        r"\b(?:product|image 1|subject)\b[^.\n]{0,40}?\b(?:is|shows|:)\s+(?:a|an|one|this|the)\s+"
        r"[\"“']?(?!product\b|item\b|room\b|scene\b)([\w /&-]{2,60})",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:place|put|show|set|hang)\s+(?:the|this|a|an)\s+[\"“']?(?!product\b)([\w /&-]{2,60})",
        re.IGNORECASE,
    ),
)
_NOUN_ENDS = re.compile(
    r"\b(?:in|into|on|onto|at|from|with|of|as|that|which|exactly|and|to|for|image)\b.*",
    re.IGNORECASE,
)
_PLACEMENTS = (
    ("ceiling", r"\b(?:from|on|to|under) (?:the |a )?ceiling|ceiling[- ]mounted|\bpendant\b"),
    ("wall", r"\b(?:on|to|against|at) (?:the |a )?wall\b|wall[- ](?:mounted|hung)"),
    ("surface", r"\bon (?:the |a |an )?(?:\w+ )?(?:table|surface|shelf|counter|desk|sideboard)"),
    ("floor", r"\bon (?:the |a |its )?(?:\w+ )?(?:floor|ground|rug|terrace|deck|lawn)\b"),
)
_CARRIED = re.compile(
    r"\bit (?:stands|hangs|rests|sits|lies|is fixed|is placed)\b[^.]*", re.IGNORECASE
)
_SCENE_LINE = re.compile(r"\b(?:the scene|scene type)\s*:\s*([^;.\n]+)", re.IGNORECASE)
_PLACEMENT_LINE = re.compile(r"\bplacement\s*[:=]\s*(floor|wall|ceiling|surface)", re.IGNORECASE)
_PRODUCT_WORDS = re.compile(r"\bproduct|\bitem\b|\bpack ?shot", re.IGNORECASE)
_SCENE_WORDS = re.compile(
    r"\broom\b|\bscene|\binterior|\bbackground|\binspiration|\bsetting\b|\bspace\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Scene:
    """What goes into a picture.

    Parameters
    ----------
    product, scene : Picture or None
        The first picture labelled as such; else the first and the second one.
    """

    product: Picture | None
    scene: Picture | None


def scene_of(call: Call) -> Scene:
    """Tell product and room apart by the words before each picture, else by their order."""
    products: list[Picture] = []
    scenes: list[Picture] = []
    unlabelled: list[Picture] = []
    label = ""
    for piece in call.pieces:
        if isinstance(piece, Text):
            label = piece.text
        elif isinstance(piece, Picture):
            kind = _label_kind(label)
            {"product": products, "scene": scenes, "": unlabelled}[kind].append(piece)
            label = ""
    if not products and unlabelled:
        products.append(unlabelled.pop(0))
    if not scenes and unlabelled:
        scenes.append(unlabelled.pop(0))
    return Scene(next(iter(products), None), next(iter(scenes), None))


def _label_kind(label: str) -> str:
    last = label.strip().splitlines()[-1] if label.strip() else ""
    product, scene = _PRODUCT_WORDS.search(last), _SCENE_WORDS.search(last)
    if product and scene:
        return "product" if product.start() < scene.start() else "scene"
    if product:
        return "product"
    return "scene" if scene else ""


def brief_of(prompt: str) -> Brief:
    """Read size, noun, scene type and place from a prompt.

    Parameters
    ----------
    prompt : str
        System instruction and texts.
    """
    prose = _DATA.sub(" ", prompt)
    stated = _REAL_SIZE.search(prose)  # what else is measured there is for comparison only
    width, depth, height = _size_cm(stated[0] if stated else prompt)
    return Brief(
        width_cm=width,
        depth_cm=depth,
        height_cm=height,
        noun=_noun(prose, prompt),
        scene_type=_scene_type(prose),
        placement=_placement(prose),
    )


def _size_cm(prompt: str) -> tuple[float | None, float | None, float | None]:
    if triple := _TRIPLE.search(prompt):
        one, unit1, two, unit2, three, unit3 = triple.groups()
        return (
            _centimetres(one, unit1 or unit3),
            _centimetres(two, unit2 or unit3),
            _centimetres(three, unit3),
        )
    return _axis(prompt, "width"), _axis(prompt, "depth"), _axis(prompt, "height")


def _axis(prompt: str, axis: str) -> float | None:
    after, before = _AXES[axis]
    if found := re.search(rf"{_NUMBER}{_UNIT}\s*(?:{after})\b", prompt, re.IGNORECASE):
        return _centimetres(found[1], found[2])
    if found := re.search(rf"\b{axis}_cm[\"']?\s*[:=]\s*{_NUMBER}", prompt, re.IGNORECASE):
        return _centimetres(found[1], "cm")
    if found := re.search(
        rf"\b(?:{before})\b\s*(?:\(?cm\)?)?\s*(?:is|of|about|:|=)?\s*{_NUMBER}{_UNIT}",
        prompt,
        re.IGNORECASE,
    ):
        return _centimetres(found[1], found[2])
    return None


def _centimetres(number: str, unit: str) -> float:
    return round(float(number.replace(",", ".")) * _IN_CM[unit.lower()], 2)


def _noun(prose: str, prompt: str) -> str:
    for pattern in _NOUN:
        for found in pattern.finditer(prose):
            noun = _NOUN_ENDS.sub("", found[1]).strip(" -/&")
            if noun:
                return noun.lower()
    return find_kind(prompt).kind.noun


def _scene_type(prompt: str) -> str:
    stated = _SCENE_LINE.search(prompt)
    lower = (stated[1] if stated else "").lower()
    if not any(name.lower() in lower for name in SCENE_TYPES):
        lower = prompt.lower()
    found = [(lower.find(name.lower()), name) for name in SCENE_TYPES if name.lower() in lower]
    return min(found)[1] if found else ""


def _placement(prompt: str) -> str | None:
    if found := _PLACEMENT_LINE.search(prompt):
        return found[1].lower()
    carried = [found[0] for found in _CARRIED.finditer(prompt)]
    for text in (*reversed(carried), prompt):
        hits = [
            (found.start(), place)
            for place, pattern in _PLACEMENTS
            if (found := re.search(pattern, text, re.IGNORECASE))
        ]
        if hits:
            return min(hits)[1]
    return None
