"""Chest-like radiographs drawn with numpy: lungs, heart, spine, ribs, clavicles, diaphragm, and findings.

Coordinates run from -1 to 1, x to the right of the picture, y downwards; values from 0 (air, black) to 1 (bone, white).
No anatomy is claimed beyond what makes the task resemble the real one: variation hides subtle findings.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.reading_room.cases import Case

Plane = NDArray[np.floating]

_RIBS = 8


@dataclass(frozen=True, slots=True)
class Scanner:
    """How a hospital's pictures look.

    Attributes:
        side_px: side of the square picture.
        gamma: contrast curve, 1 is linear.
        noise: standard deviation of the noise.
        blur_px: width of the blur.
        vignette: darkening towards the corners.
        marker: corner (0 to 3) of a burned-in mark.
    """

    side_px: int
    gamma: float
    noise: float
    blur_px: int
    vignette: float
    marker: int


@dataclass(frozen=True, slots=True)
class Chest:
    """One patient's build: the grid of coordinates and the masks that findings are drawn into."""

    x: Plane
    y: Plane
    lungs: tuple[Plane, Plane]
    picture: Plane


def draw_radiograph(case: Case, scanner: Scanner, rng: np.random.Generator) -> NDArray[np.uint8]:
    """``(side_px, side_px)`` uint8; ``rng`` is the exposure's own, the patient's build follows from the case."""
    build = np.random.default_rng(case.seed)
    chest = _draw_chest(case.visibility["cardiomegaly"], scanner.side_px, build)
    picture = chest.picture
    for finding, draw in _DRAWERS.items():
        place = np.random.default_rng([case.seed, len(finding)])
        if case.visibility[finding] > 0:
            picture = draw(picture, chest, case.visibility[finding], place)
    return _expose(picture, chest, scanner, rng)


def _edge(distance: Plane, softness: float) -> Plane:
    """1 inside (distance below 0), 0 outside, with a soft border."""
    return np.asarray(1 / (1 + np.exp(np.clip(distance / softness, -30, 30))), dtype=np.float32)


def _ellipse(x: Plane, y: Plane, centre: tuple[float, float], radii: tuple[float, float], softness: float) -> Plane:
    across, down = (x - centre[0]) / radii[0], (y - centre[1]) / radii[1]
    return _edge(np.sqrt(across**2 + down**2) - 1, softness)


def _draw_chest(cardiomegaly: float, side_px: int, rng: np.random.Generator) -> Chest:
    axis = np.linspace(-1, 1, side_px, dtype=np.float32)
    tilt = rng.normal(0, 0.03)
    columns, rows = np.meshgrid(axis, axis)
    x, y = (columns + tilt * rows - rng.normal(0, 0.03)), (rows - rng.normal(0, 0.03))
    width, height = rng.normal(0.36, 0.025), rng.normal(0.62, 0.04)
    domes = rng.normal(0.52, 0.05), rng.normal(0.57, 0.05)
    lungs = (
        _lung(x, y, side=-1, size=(width, height), dome=domes[0]),
        _lung(x, y, side=1, size=(width, height), dome=domes[1]),
    )
    body = _ellipse(x, y, (0, 0.25), (0.98, 1.15), 0.04)
    picture = 0.62 * body + rng.normal(0, 0.02)
    picture = picture - rng.normal(0.42, 0.03) * (lungs[0] + lungs[1])
    picture = picture + _ribs(x, y, rng) * (0.35 + lungs[0] + lungs[1]) * body
    picture = picture + 0.16 * _edge(np.abs(x) - 0.09, 0.03) * body
    heart_width = rng.normal(0.27, 0.018) + 0.13 * cardiomegaly
    heart = _ellipse(x, y, (0.13 + 0.25 * (heart_width - 0.27), 0.33), (heart_width, rng.normal(0.3, 0.02)), 0.07)
    picture = np.maximum(picture, 0.74 * heart * body)
    picture = picture + _lung_markings(x, y, rng) * (lungs[0] + lungs[1])
    return Chest(x, y, lungs, picture.astype(np.float32))


def _lung(x: Plane, y: Plane, *, side: int, size: tuple[float, float], dome: float) -> Plane:
    shape = _ellipse(x, y, (side * 0.44, 0.02), size, 0.06)
    diaphragm = _edge(y - dome + 0.35 * (x - side * 0.4) ** 2 * 2 - 0.08, 0.02)
    return shape * diaphragm


def _ribs(x: Plane, y: Plane, rng: np.random.Generator) -> Plane:
    phase, slope = rng.uniform(0, 1), rng.normal(0.5, 0.05)
    arches = np.sin((y + slope * x**2 + phase / _RIBS) * np.pi * _RIBS)
    clavicle = np.exp(-(((y + 0.72 - 0.28 * np.abs(x)) / 0.035) ** 2)) * (np.abs(x) < 0.75)
    return np.asarray(0.06 * np.clip(arches, 0, 1) ** 2 + 0.1 * clavicle, dtype=np.float32)


def _lung_markings(x: Plane, y: Plane, rng: np.random.Generator) -> Plane:
    """Vessels: a few waves of random direction, denser towards the middle."""
    total = np.zeros_like(x)
    for _ in range(6):
        angle, frequency, phase = rng.uniform(0, np.pi), rng.uniform(6, 18), rng.uniform(0, 2 * np.pi)
        total += np.sin(frequency * (np.cos(angle) * x + np.sin(angle) * y) + phase).astype(np.float32)
    return np.asarray(0.018 * total * np.exp(-(x**2) / 0.3), dtype=np.float32)


def _pick_lung(chest: Chest, rng: np.random.Generator) -> tuple[int, Plane]:
    right = bool(rng.random() < 0.5)
    return (1, chest.lungs[1]) if right else (-1, chest.lungs[0])


def _draw_effusion(picture: Plane, chest: Chest, visibility: float, rng: np.random.Generator) -> Plane:
    """Fluid at the base with a meniscus that climbs at the chest wall."""
    side, _ = _pick_lung(chest, rng)
    level = 0.52 - 0.42 * visibility
    climb = 0.25 * np.clip(np.abs(chest.x - side * 0.3), 0, 0.5)
    lung_field = _ellipse(chest.x, chest.y, (side * 0.44, 0.1), (0.4, 0.6), 0.05)
    fluid = lung_field * _edge(level - climb - chest.y, 0.03)
    return picture + (0.64 - picture) * fluid * min(1.0, 0.45 + 0.55 * visibility)


def _draw_nodule(picture: Plane, chest: Chest, visibility: float, rng: np.random.Generator) -> Plane:
    side, lung = _pick_lung(chest, rng)
    centre = (side * rng.uniform(0.32, 0.58), rng.uniform(-0.35, 0.3))
    radius = 0.06 + 0.06 * visibility
    return picture + (0.08 + 0.26 * visibility) * _ellipse(chest.x, chest.y, centre, (radius, radius), 0.15) * lung


def _draw_consolidation(picture: Plane, chest: Chest, visibility: float, rng: np.random.Generator) -> Plane:
    """A patch with an irregular border."""
    side, lung = _pick_lung(chest, rng)
    centre = (side * rng.uniform(0.32, 0.52), rng.uniform(-0.3, 0.35))
    angle = np.arctan2(chest.y - centre[1], chest.x - centre[0])
    border = 1 + 0.25 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.15 * np.sin(5 * angle + rng.uniform(0, 6))
    radius = (0.14 + 0.16 * visibility) * border
    distance = np.hypot(chest.x - centre[0], chest.y - centre[1]) / radius - 1
    return picture + (0.06 + 0.22 * visibility) * _edge(distance.astype(np.float32), 0.25) * lung


def _draw_pneumothorax(picture: Plane, chest: Chest, visibility: float, rng: np.random.Generator) -> Plane:
    """Air at the apex and along the wall: darker, without vessels, behind a thin pleural line."""
    side, lung = _pick_lung(chest, rng)
    shrink = 1 - 0.12 - 0.22 * visibility
    inner = _ellipse(chest.x, chest.y, (side * 0.4, 0.12), (0.36 * shrink, 0.62 * shrink), 0.03)
    air = lung * (1 - inner)
    line = np.clip(4 * inner * (1 - inner), 0, 1) * lung
    return picture - (0.05 + 0.13 * visibility) * air + (0.05 + 0.12 * visibility) * line


_DRAWERS: dict[str, Callable[[Plane, Chest, float, np.random.Generator], Plane]] = {
    "effusion": _draw_effusion,
    "nodule": _draw_nodule,
    "consolidation": _draw_consolidation,
    "pneumothorax": _draw_pneumothorax,
}


def _expose(picture: Plane, chest: Chest, scanner: Scanner, rng: np.random.Generator) -> NDArray[np.uint8]:
    exposed = np.clip(picture, 0.0, 1.0) ** (scanner.gamma * rng.lognormal(0, 0.08))
    exposed = exposed * (1 - scanner.vignette * (chest.x**2 + chest.y**2) / 2)
    exposed = _blur(exposed, scanner.blur_px) + rng.normal(0, scanner.noise, exposed.shape)
    _burn_in(exposed, scanner.marker)
    return np.round(np.clip(exposed, 0, 1) * 255).astype(np.uint8)


def _blur(picture: Plane, width: int) -> Plane:
    """A box blur of odd width in both directions."""
    if width <= 1:
        return picture
    for axis in (0, 1):
        shifted = [np.roll(picture, offset, axis=axis) for offset in range(-(width // 2), width // 2 + 1)]
        picture = np.mean(shifted, axis=0, dtype=np.float32)
    return picture


def _burn_in(picture: NDArray[np.floating], corner: int) -> None:
    """A mark as scanners print it; each hospital's stands in its own corner."""
    size = max(4, picture.shape[0] // 16)
    rows = slice(2, 2 + size) if corner < 2 else slice(-size - 2, -2)
    columns = slice(2, 2 + size // 2) if corner % 2 == 0 else slice(-size // 2 - 2, -2)
    picture[rows, columns] = 0.95
