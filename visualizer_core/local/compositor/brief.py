"""What the stand-in is told about one picture."""

from dataclasses import dataclass

__all__ = ["Brief"]


@dataclass(frozen=True)
class Brief:
    """Facts a prompt carries about the product and the wanted scene.

    Parameters
    ----------
    width_cm, depth_cm, height_cm : float or None
        The product's real size, in its own axes; None where unknown.
    noun : str
        Generic class, for example ``dining chair``.
    scene_type : str
        From the vocabulary of generation settings, for example ``Living Room``; may be empty.
    placement : str or None
        ``floor``, ``wall``, ``ceiling`` or ``surface``; None decides by the noun and the size.
    """

    width_cm: float | None
    depth_cm: float | None
    height_cm: float | None
    noun: str
    scene_type: str
    placement: str | None
