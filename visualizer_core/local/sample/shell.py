"""Empty rooms of the sample: floor, walls with windows, ceiling, skirting, curtains."""

from dataclasses import dataclass

from visualizer_core.local.sample.mesh import Mesh, Vector, box, joined, moved, rod, sheet

__all__ = ["Opening", "Shell", "curtain", "shell"]

# Everything ends a little before the camera, outside its view.
_FRONT_CM = -545.0


@dataclass(frozen=True)
class Opening:
    """A window.

    Parameters
    ----------
    wall : str
        ``back``, ``left`` or ``right``.
    start, end : float
        Along the wall in cm: x on the back wall, y (negative) on a side wall.
    low, high : float
        Sill and head above the floor, cm.
    """

    wall: str
    start: float
    end: float
    low: float = 80.0
    high: float = 225.0


@dataclass(frozen=True)
class Shell:
    """An empty room.

    Parameters
    ----------
    width, height : float
        cm; the back wall is at y = 0, the camera looks along +y.
    floor, wall, accent : str
        Finishes of the floor, the side walls and the back wall.
    windows : tuple of Opening
    """

    width: float
    height: float
    floor: str
    wall: str
    accent: str
    windows: tuple[Opening, ...]


def shell(room: Shell) -> tuple[Mesh, Mesh]:
    """The room, and only its walls, ceiling and window bars (what the sun must pass)."""
    half = room.width / 2
    flat = [
        sheet(
            [(-half, _FRONT_CM, 0), (half, _FRONT_CM, 0), (half, 0, 0), (-half, 0, 0)],
            room.floor,
            steps=9,
        ),
        sheet(
            [
                (-half, _FRONT_CM, room.height),
                (half, _FRONT_CM, room.height),
                (half, 0, room.height),
                (-half, 0, room.height),
            ],
            "ceiling",
            steps=9,
        ),
    ]
    walls: list[Mesh] = []
    for side, start, end in (
        ("back", -half, half),
        ("left", _FRONT_CM, 0.0),
        ("right", _FRONT_CM, 0.0),
    ):
        found = [window for window in room.windows if window.wall == side]
        finish = room.accent if side == "back" else room.wall
        for first, last, low, high in _pieces(start, end, room.height, found):
            walls.append(_panel(side, half, first, last, low, high, finish))
        for window in found:
            walls.append(_bars(side, half, window))
            flat.append(_outside(side, half, window))
        flat.append(_skirting(side, half, room.width))
    shown = joined(*flat, *walls)
    # The ceiling is only needed by the sun: soft light is let in through it.
    return shown, joined(*walls, flat[1])


def _pieces(
    start: float, end: float, height: float, windows: list[Opening]
) -> list[tuple[float, float, float, float]]:
    pieces: list[tuple[float, float, float, float]] = []
    at = start
    for window in sorted(windows, key=lambda one: one.start):
        pieces.append((at, window.start, 0.0, height))
        pieces.append((window.start, window.end, 0.0, window.low))
        pieces.append((window.start, window.end, window.high, height))
        at = window.end
    pieces.append((at, end, 0.0, height))
    return [piece for piece in pieces if piece[1] > piece[0] and piece[3] > piece[2]]


def _on_wall(side: str, half: float, along: float, high: float, out: float) -> Vector:
    """A point on a wall, ``out`` cm into the room."""
    if side == "back":
        return (along, -out, high)
    return (-half + out if side == "left" else half - out, along, high)


def _panel(
    side: str, half: float, first: float, last: float, low: float, high: float, finish: str
) -> Mesh:
    corners = [
        _on_wall(side, half, first, low, 0),
        _on_wall(side, half, last, low, 0),
        _on_wall(side, half, last, high, 0),
        _on_wall(side, half, first, high, 0),
    ]
    return sheet(corners, finish, steps=6)


def _bars(side: str, half: float, window: Opening) -> Mesh:
    """Frame, one mullion, one transom, a sill."""
    tall, wide = window.high - window.low, window.end - window.start
    middle = (window.start + window.end) / 2
    parts: list[Mesh] = []

    def bar(along: float, low: float, length: float, *, upright: bool, thick: float = 5.0) -> None:
        deep = 8.0
        if upright:
            size = (thick, deep, length) if side == "back" else (deep, thick, length)
        else:
            size = (length, deep, thick) if side == "back" else (deep, length, thick)
        parts.append(moved(box(size, "trim", bevel=0.4), _on_wall(side, half, along, low, -2.0)))

    for along in (window.start, window.end):
        bar(along, window.low, tall, upright=True)
    bar(middle, window.low, tall, upright=True, thick=3.2)
    for low in (window.low - 2, window.high - 3):
        bar(middle, low, wide + 5, upright=False)
    bar(middle, window.low + 0.68 * tall, wide, upright=False, thick=3.0)
    sill = (wide + 14, 18, 3) if side == "back" else (18, wide + 14, 3)
    parts.append(moved(box(sill, "trim"), _on_wall(side, half, middle, window.low - 4, 4.0)))
    return joined(*parts)


def _outside(side: str, half: float, window: Opening) -> Mesh:
    """Sky and a line of green behind a window."""
    spread, away = 420.0, -170.0
    first, last = window.start - spread, window.end + spread
    green = sheet(
        [
            _on_wall(side, half, first, -60, away),
            _on_wall(side, half, last, -60, away),
            _on_wall(side, half, last, 128, away),
            _on_wall(side, half, first, 112, away),
        ],
        "far green",
    )
    sky = sheet(
        [
            _on_wall(side, half, first, 60, away - 20),
            _on_wall(side, half, last, 60, away - 20),
            _on_wall(side, half, last, 520, away - 20),
            _on_wall(side, half, first, 520, away - 20),
        ],
        "sky",
    )
    return joined(green, sky)


def _skirting(side: str, half: float, width: float) -> Mesh:
    if side == "back":
        return box((width, 1.6, 9), "trim", (0, -0.8, 0), bevel=0.3)
    x = -half + 0.8 if side == "left" else half - 0.8
    return box((1.6, -_FRONT_CM, 9), "trim", (x, _FRONT_CM / 2, 0), bevel=0.3)


def curtain(side: str, half: float, start: float, end: float, *, top: float, finish: str) -> Mesh:
    """A drawn-back curtain in even folds."""
    folds = max(3, round(abs(end - start) / 7.0))
    step = (end - start) / folds
    parts: list[Mesh] = []
    for index in range(folds):
        along = start + (index + 0.5) * step
        out = 8.0 + (2.2 if index % 2 else 0.0)
        low = _on_wall(side, half, along, 1.5, out)
        high = _on_wall(side, half, along, top, out - 1.0)
        parts.append(
            rod(low, high, finish, radius=abs(step) * 0.66, end_radius=abs(step) * 0.5, segments=14)
        )
    return joined(*parts)
