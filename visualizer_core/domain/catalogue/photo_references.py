"""Matching files to the photos a catalogue names: by file name, the longer path winning."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from visualizer_core.domain.catalogue.rows import ImageRef, RefKind
from visualizer_core.domain.catalogue.text import fold

__all__ = ["Claim", "Reference", "ReferenceIndex", "path_parts"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A photo that product number `product` names, as folded path parts."""

    product: int
    position: int
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file could be.

    Parameters
    ----------
    references : tuple of Reference
        The best ones for this file.
    score : (bool, int)
        Whether the whole file name agrees, its ending included, and how many folders do.
    """

    references: tuple[Reference, ...]
    score: tuple[bool, int]


def path_parts(path: str) -> tuple[str, ...]:
    """Return the parts of a relative path, folded in case and composition."""
    normal = unicodedata.normalize("NFC", path.replace("\\", "/")).casefold()
    return tuple(part for part in normal.split("/") if part not in {"", "."})


def stem_key(name: str) -> str:
    """Return what two spellings of a file name have in common, its ending aside."""
    stem = name.rsplit(".", 1)[0]
    return fold(stem) or stem


@dataclass(slots=True)
class ReferenceIndex:
    """Finds catalogue references by file name; filled once, then asked for every file."""

    _by_stem: dict[str, list[Reference]] = field(default_factory=dict[str, list[Reference]])

    def add(self, product: int, ref: ImageRef) -> None:
        """Note that product number `product` names `ref`; query strings do not count."""
        path = unquote(urlsplit(ref.value).path) if ref.kind is RefKind.URL else ref.value
        parts = path_parts(path)
        if parts:
            reference = Reference(product, ref.position, parts)
            self._by_stem.setdefault(stem_key(parts[-1]), []).append(reference)

    def claim(self, path: str) -> Claim | None:
        """Return the references that fit `path` best; ``None`` when none does."""
        parts = path_parts(path)
        references = self._by_stem.get(stem_key(parts[-1]), []) if parts else []
        if not references:
            return None
        scored = [(_score(parts, reference.parts), reference) for reference in references]
        best = max(score for score, _ in scored)
        return Claim(tuple(ref for score, ref in scored if score == best), best)


def _score(file: Sequence[str], reference: Sequence[str]) -> tuple[bool, int]:
    folders = 0
    for ours, theirs in zip(reversed(file[:-1]), reversed(reference[:-1]), strict=False):
        if ours != theirs:
            break
        folders += 1
    return file[-1] == reference[-1], folders
