"""Pictures as what training sees: targets are the truth, so nothing but the method decides what is learned."""

import numpy as np
import torch
from numpy.typing import NDArray

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.simulator.real import RealPictures
from glsmed.benchmarks.simulator.sources import DRAWN, source_named
from glsmed.client.data.examples import Examples
from glsmed.shared.errors import UsageError


def drawn_examples(patients: int, *, seed: int) -> Examples:
    """One image of each of so many patients of the first simulated hospital; the same for the same seed."""
    source = source_named(DRAWN)
    (pictures,) = source.take(HOSPITALS[:1], studies=patients, rare=False, rng=np.random.default_rng(seed))
    return _examples(pictures.pixels, pictures.truth, pictures.names, source.findings)


def archived_examples(pixels: str, *, seed: int) -> Examples:
    """All pictures of a real source as they are, each taken as one patient, in an order that the seed gives.

    Args:
        pixels: as ``--pixels`` names it.
        seed: of the order.

    Raises:
        UsageError: the source has no pictures of its own.
    """
    source = source_named(pixels)
    if not isinstance(source, RealPictures):
        raise UsageError(f"--pixels {pixels}: expected real pictures")
    order = np.random.default_rng(seed).permutation(len(source.truth))
    names = tuple(source.names[place] for place in order.tolist())
    return _examples(source.pixels[order], source.truth[order, None], names, source.findings)


def _examples(
    pixels: NDArray[np.uint8], truth: NDArray[np.int8], names: tuple[str, ...], findings: tuple[str, ...]
) -> Examples:
    values = torch.from_numpy(truth.astype(np.float32))
    return Examples(
        images=torch.from_numpy(pixels)[:, None],
        targets=values,
        weights=torch.ones_like(values),
        gold=values,
        patients=names,
        findings=findings,
    )
