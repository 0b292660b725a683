"""What the server is started with."""

from dataclasses import dataclass, field
from pathlib import Path

from visualizer_core.local.standin.latency import Spec
from visualizer_core.local.standin.studio import PictureMode

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one server.

    Parameters
    ----------
    log_file : Path
        The history.
    photos : Path or None
        Folder of JPEGs for the photo search; None generates a few.
    cache_dir : Path or None
        Keeps composed pictures over restarts.
    image_latency, text_latency : float or LogNormal
        Seconds from arrival to answer.
    accepted_keys : frozenset of str
        Keys that are valid; empty accepts any that does not look real.
    max_request_bytes : int
        Larger bodies get the provider's refusal.
    strict_versions : bool
        Answer 404 for a model the API version does not have.
    picture_mode : PictureMode
    workers : int
        Drawing processes.
    unsplash_per_hour : int
        Searches and look-ups an hour.
    """

    log_file: Path
    photos: Path | None = None
    cache_dir: Path | None = None
    image_latency: Spec = 0.0
    text_latency: Spec = 0.0
    accepted_keys: frozenset[str] = frozenset()
    max_request_bytes: int = 20 * 1024 * 1024  # the stricter of the two documented limits
    strict_versions: bool = False
    picture_mode: PictureMode = field(default_factory=lambda: PictureMode(mode="compose"))
    workers: int = 2
    unsplash_per_hour: int = 1000
