"""Setting the picture: backdrop first, then shadow, then the product in the backdrop's light."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from visualizer_core.imaging.raster import Pixels, Plane, resize
from visualizer_core.local.compositor.blend import fit_to_light, paste, shade
from visualizer_core.local.compositor.kinds import Placement
from visualizer_core.local.compositor.room import Light, Room, read_light, read_room
from visualizer_core.local.compositor.sets import bare_room, in_front_floor, table_top
from visualizer_core.local.compositor.shadow import ground_shadow, wall_shadow
from visualizer_core.local.compositor.staging import (
    Frame,
    ceiling_spot,
    floor_spot,
    wall_spot,
)
from visualizer_core.local.compositor.subject import Subject

__all__ = ["Stage", "staged"]

# Below this a spot is not floor: a sofa, a table or a bed is there.
_STANDS = 0.72
_MIRROR_EVERY = 3
_SOLID = 120


@dataclass(frozen=True)
class Stage:
    """Everything a picture is made of.

    Parameters
    ----------
    subject : Subject
    scene : tuple of Pixels and Room, or None
    width, height : int
        Pixels of the picture.
    seed : int
    scene_type : str
    """

    subject: Subject
    scene: tuple[Pixels, Room] | None
    width: int
    height: int
    seed: int
    scene_type: str

    def setting(self) -> tuple[Pixels, Room]:
        """The scene, mirrored for some seeds, or a drawn room when there is none."""
        if self.scene is None:
            drawn = bare_room(self.scene_type, width=self.width, height=self.height, seed=self.seed)
            return drawn, read_room(drawn)
        pixels, room = self.scene
        if self.seed % _MIRROR_EVERY == _MIRROR_EVERY - 1:
            return np.ascontiguousarray(pixels[:, ::-1]), room.mirrored()
        return pixels, room

    def frame(self, scene: Pixels) -> Frame:
        """Sizes of this scene and of the picture."""
        return Frame(scene.shape[1], scene.shape[0], self.width, self.height)


def staged(stage: Stage) -> Pixels:
    """The finished picture, ``(height, width, 3)``."""
    scene, room = stage.setting()
    set_up: dict[Placement, Callable[[Stage, Pixels, Room], Pixels]] = {
        "floor": _on_floor,
        "wall": _on_wall,
        "ceiling": _from_ceiling,
        "surface": _on_table,
        "lying": _lying_on_table,
        "rug": _as_rug,
    }
    return set_up[stage.subject.placement](stage, scene, room)


def _on_floor(stage: Stage, scene: Pixels, room: Room) -> Pixels:
    extent = stage.subject.extent
    spot = floor_spot(room, stage.frame(scene), extent, seed=stage.seed)
    if spot.merit < _STANDS:
        return _on_drawn_floor(stage, scene)
    picture = _cropped(scene, spot.crop, stage)
    _stand(picture, stage, spot.x, spot.y, spot.width, spot.height)
    return picture


def _on_drawn_floor(stage: Stage, scene: Pixels) -> Pixels:
    crop = _cover(scene, stage, zoom=1.12, down=0.35)
    light = read_light(scene)
    edge = round(0.66 * stage.height)
    picture = in_front_floor(
        _cropped(scene, crop, stage), edge_px=edge, side=light.side, seed=stage.seed
    )
    extent = stage.subject.extent
    share = float(np.clip(0.46 + 0.1 * np.log2(extent.longest_cm / 80.0), 0.3, 0.68))
    scale = share * min(stage.height / extent.height_cm, 1.05 * stage.width / extent.width_cm)
    aside = 0.5 + 0.06 * ((stage.seed % 5) - 2) / 2
    _stand(
        picture,
        stage,
        aside * stage.width,
        0.885 * stage.height,
        extent.width_cm * scale,
        extent.height_cm * scale,
    )
    return picture


def _on_table(stage: Stage, scene: Pixels, room: Room) -> Pixels:
    del room
    picture, edge = _table(stage, scene)
    extent = stage.subject.extent
    width, height = _close_up(stage)
    base = edge + (stage.height - edge) * 0.52
    aside = 0.5 + 0.07 * ((stage.seed % 5) - 2) / 2
    depth = extent.depth_cm / extent.height_cm * height * 0.4
    _stand(picture, stage, aside * stage.width, base, width, height, depth_px=depth)
    return picture


def _table(stage: Stage, scene: Pixels) -> tuple[Pixels, int]:
    edge = round((0.69 + 0.015 * (stage.seed % 3)) * stage.height)
    crop = _cover(scene, stage, zoom=1.25, down=0.45)
    side = read_light(scene).side
    top = table_top(_cropped(scene, crop, stage), edge_px=edge, side=side, seed=stage.seed)
    return top, edge


def _close_up(stage: Stage) -> tuple[float, float]:
    """Size in pixels of a small thing seen from near: larger things larger, but all well seen."""
    extent = stage.subject.extent
    share = float(np.clip(0.24 + 0.11 * np.log2(extent.longest_cm / 5.0), 0.22, 0.62))
    scale = share / max(extent.height_cm / stage.height, extent.width_cm / stage.width)
    return extent.width_cm * scale, extent.height_cm * scale


def _lying_on_table(stage: Stage, scene: Pixels, room: Room) -> Pixels:
    del room
    picture, edge = _table(stage, scene)
    width, height = _close_up(stage)
    room_px = (stage.height - edge) * 0.86
    rgba = stage.subject.at(width * 1.25, min(room_px, height * 0.62))
    rgba = _laid_back(rgba, narrow=0.16)
    _lay_down(picture, rgba, stage, 0.5 * stage.width, edge + (stage.height - edge) * 0.93)
    return picture


def _as_rug(stage: Stage, scene: Pixels, room: Room) -> Pixels:
    extent = stage.subject.extent
    spot = floor_spot(room, stage.frame(scene), extent, seed=stage.seed, flat=True)
    picture = _cropped(scene, spot.crop, stage)
    _lay_down(picture, stage.subject.at(spot.width, spot.height), stage, spot.x, spot.y)
    return picture


def _on_wall(stage: Stage, scene: Pixels, room: Room) -> Pixels:
    spot = wall_spot(room, stage.frame(scene), stage.subject.extent, seed=stage.seed)
    picture = _cropped(scene, spot.crop, stage)
    light = read_light(picture)
    rgba = fit_to_light(stage.subject.at(spot.width, spot.height), light, stage.seed)
    pad = round(0.2 * max(rgba.shape[:2]))
    left, top = round(spot.x - rgba.shape[1] / 2), round(spot.y - rgba.shape[0])
    lift = max(3.0, 0.022 * max(rgba.shape[:2]))
    dark = wall_shadow(_coverage(rgba, pad), side=_side(light), lift_px=lift, strength=0.5)
    shade(picture, dark, left - pad, top - pad)
    paste(picture, rgba, left, top)
    return picture


def _from_ceiling(stage: Stage, scene: Pixels, room: Room) -> Pixels:
    spot = ceiling_spot(room, stage.frame(scene), stage.subject.extent, seed=stage.seed)
    picture = _cropped(scene, spot.crop, stage)
    rgba = fit_to_light(stage.subject.at(spot.width, spot.height), read_light(picture), stage.seed)
    left, top = round(spot.x - rgba.shape[1] / 2), round(spot.y - rgba.shape[0])
    solid = np.flatnonzero(rgba[: max(2, rgba.shape[0] // 30), :, 3].max(axis=0) > _SOLID)
    hook = left + (int(solid.mean()) if len(solid) else rgba.shape[1] // 2)
    cord = max(1, stage.width // 420)
    cv2.line(picture, (hook, 0), (hook, top + 3), (42, 40, 38), cord, cv2.LINE_AA)
    paste(picture, rgba, left, top)
    return picture


def _stand(
    picture: Pixels,
    stage: Stage,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    depth_px: float | None = None,
) -> None:
    light = read_light(picture)
    rgba = fit_to_light(stage.subject.at(width, height), light, stage.seed)
    rows, columns = rgba.shape[:2]
    extent = stage.subject.extent
    deep = depth_px if depth_px is not None else extent.depth_cm / extent.height_cm * height * 0.3
    pad = round(0.35 * max(rows, columns))
    left, top = round(x - columns / 2), round(y - rows)
    dark = ground_shadow(_coverage(rgba, pad), side=_side(light), depth_px=deep, strength=0.8)
    shade(picture, dark, left - pad, top - pad)
    paste(picture, rgba, left, top)


def _lay_down(picture: Pixels, rgba: Pixels, stage: Stage, x: float, y: float) -> None:
    light = read_light(picture)
    rgba = fit_to_light(rgba, light, stage.seed)
    rows, columns = rgba.shape[:2]
    left, top = round(x - columns / 2), round(y - rows)
    pad = round(0.06 * max(rows, columns)) + 8
    dark = wall_shadow(
        _coverage(rgba, pad), side=_side(light), lift_px=max(2.0, 0.008 * columns), strength=0.6
    )
    shade(picture, dark, left - pad, top - pad)
    paste(picture, rgba, left, top)


def _laid_back(rgba: Pixels, *, narrow: float) -> Pixels:
    """The cut-out tilted away: its upper edge narrower by this share of the width."""
    rows, columns = rgba.shape[:2]
    inset = narrow * columns / 2
    before = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], dtype=np.float32)
    after = before.copy()
    after[0, 0], after[1, 0] = inset, columns - inset
    matrix = cv2.getPerspectiveTransform(before, after)
    return np.asarray(cv2.warpPerspective(rgba, matrix, (columns, rows)), dtype=np.uint8)


def _coverage(rgba: Pixels, pad: int) -> Plane:
    alpha = rgba[:, :, 3].astype(np.float32) / np.float32(255)
    return np.pad(alpha, pad)


def _side(light: Light) -> float:
    """A clear direction even in flat light: shadows straight behind look pasted."""
    return float(np.sign(light.side) * max(0.35, abs(light.side))) if light.side else 0.35


def _cropped(scene: Pixels, crop: tuple[float, float, float, float], stage: Stage) -> Pixels:
    x0, y0, width, height = crop
    left, top = max(0, round(x0)), max(0, round(y0))
    part = scene[top : round(y0 + height), left : round(x0 + width)]
    return np.array(resize(np.ascontiguousarray(part), stage.width, stage.height))


def _cover(
    scene: Pixels, stage: Stage, *, zoom: float, down: float
) -> tuple[float, float, float, float]:
    """A crop of the picture's shape; its sideways place depends on the seed."""
    scene_h, scene_w = scene.shape[:2]
    shape = stage.width / stage.height
    width = min(scene_w, scene_h * shape) / zoom
    height = width / shape
    aside = (0.2, 0.5, 0.8, 0.35, 0.65)[stage.seed % 5]
    return (aside * (scene_w - width), down * (scene_h - height), width, height)
