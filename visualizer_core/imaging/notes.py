"""What is told to a person about a picture: codes for programs, sentences for people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

__all__ = ["Level", "Note", "Outcome", "note", "outcome_of"]

Outcome = Literal["accept", "normalise"]


class Level(StrEnum):
    """How much a note weighs.

    ``info`` leaves a picture *accepted*; ``change`` (pixels or data were converted) and ``warning``
    (usable, but a person should look) make it *normalised*.
    """

    INFO = "info"
    CHANGE = "change"
    WARNING = "warning"


@dataclass(frozen=True)
class Note:
    """One remark on one picture.

    Parameters
    ----------
    code : str
        For programs, for example ``orientation_applied``.
    message : str
        For the person who added the picture.
    level : Level
        Whether the remark makes the outcome *normalise*.
    """

    code: str
    message: str
    level: Level


# Every note there is. {placeholders} are filled by the caller of `note`.
_TEXTS: dict[str, tuple[Level, str]] = {
    "extension_mismatch": (Level.INFO, "The name says otherwise, but the file is {kind}."),
    "small": (
        Level.INFO,
        "Only {width} x {height} px: fine details of the product will be guessed.",
    ),
    "too_small_for_catalogue": (
        Level.WARNING,
        "Only {width} x {height} px, too small for a catalogue: add a picture of 800 px or more.",
    ),
    "format_converted": (Level.CHANGE, "Converted from {kind}."),
    "animation_dropped": (Level.CHANGE, "It is an animation; only its first picture is used."),
    "other_pictures_dropped": (
        Level.CHANGE,
        "The file holds several pictures; only the main one is used.",
    ),
    "orientation_applied": (Level.CHANGE, "Turned upright as the camera recorded it."),
    "exif_ignored": (Level.CHANGE, "The camera data is damaged and was ignored."),
    "metadata_removed": (Level.CHANGE, "Camera data was removed."),
    "location_removed": (Level.CHANGE, "Camera data was removed, among it where it was taken."),
    "annotations_removed": (Level.INFO, "Descriptive data (XMP, IPTC) was removed."),
    "colour_converted": (Level.CHANGE, "Colours converted to sRGB from “{profile}”."),
    "icc_ignored": (
        Level.CHANGE,
        "The colour profile is damaged and was ignored; colours are taken as sRGB.",
    ),
    "icc_too_big": (
        Level.CHANGE,
        "The colour profile is larger than 2 MiB and was ignored; colours are taken as sRGB.",
    ),
    "icc_mode_mismatch": (
        Level.CHANGE,
        "The colour profile does not fit the picture and was ignored.",
    ),
    "cmyk_guessed": (
        Level.CHANGE,
        "Print colours (CMYK) without a profile: the colours are an estimate. Please check them.",
    ),
    "gamma_applied": (Level.CHANGE, "Brightness converted from the file's own gamma ({gamma:g})."),
    "grey_converted": (Level.CHANGE, "Greyscale stored as RGB."),
    "depth_reduced": (Level.CHANGE, "Reduced from 16 to 8 bits a channel."),
    "palette_expanded": (Level.CHANGE, "Expanded from a colour table to full colour."),
    "transparency_expanded": (Level.CHANGE, "The transparent colour became real transparency."),
    "downscaled": (Level.CHANGE, "Reduced from {width} x {height} px; {side} px is enough for us."),
    "unusual_ratio": (
        Level.WARNING,
        "An unusually long strip ({ratio:.1f} : 1). Check that it shows the product alone.",
    ),
    "several_objects": (
        Level.WARNING,
        "Shows {count} separate objects. Check that all of them belong to the product.",
    ),
    "large_black_area": (
        Level.WARNING,
        "A large part is plain black. Should that be a mannequin, cut the product out.",
    ),
    "blank": (Level.WARNING, "The picture is one plain colour. Check that it is the right file."),
}


def note(code: str, **values: str | float) -> Note:
    """Make the note with this code; ``values`` fill the blanks of its sentence."""
    level, text = _TEXTS[code]
    return Note(code, text.format(**values), level)


def outcome_of(notes: tuple[Note, ...]) -> Outcome:
    """``accept`` when nothing but information was noted."""
    return "accept" if all(n.level is Level.INFO for n in notes) else "normalise"
