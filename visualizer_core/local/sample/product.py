"""What the sample catalogue says of a product, and how it is photographed."""

from collections.abc import Callable
from dataclasses import dataclass

from visualizer_core.local.sample.mesh import Mesh
from visualizer_core.local.sample.studio import Pose

__all__ = ["CLOSE", "FLAT_ON", "FROM_ABOVE", "HUNG", "LOW", "ROOM", "Product"]

FLAT_ON = Pose(turn=0.0, lift=2.0, hung=True)
HUNG = Pose(turn=24.0, lift=3.0, hung=True)
LOW = Pose(turn=30.0, lift=24.0)
CLOSE = Pose(turn=22.0, lift=10.0)
ROOM = Pose()
FROM_ABOVE = Pose(turn=0.0, lift=32.0)


@dataclass(frozen=True)
class Product:
    """One row of the sample catalogue.

    Parameters
    ----------
    sku, name, category, description : str
    size_cm : tuple of float
        Width, depth, height.
    price : str
        In euro, as written in the file.
    tags : tuple of str
    model : callable
        Gives the thing itself, facing -y, standing on z = 0.
    pose : Pose
    """

    sku: str
    name: str
    category: str
    description: str
    size_cm: tuple[float, float, float]
    price: str
    tags: tuple[str, ...]
    model: Callable[[], Mesh]
    pose: Pose = ROOM
