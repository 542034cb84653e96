"""Drawn radiographs as what training sees: targets are the truth, so nothing but the method decides what is learned."""

import numpy as np
import torch

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.simulator.sources import DRAWN, source_named
from glsmed.client.data.examples import Examples


def drawn_examples(patients: int, *, seed: int) -> Examples:
    """One image of each of so many patients of the first simulated hospital; the same for the same seed."""
    source = source_named(DRAWN)
    (pictures,) = source.take(HOSPITALS[:1], studies=patients, rare=False, rng=np.random.default_rng(seed))
    truth = torch.from_numpy(pictures.truth.astype(np.float32))
    return Examples(
        images=torch.from_numpy(pictures.pixels)[:, None],
        targets=truth,
        weights=torch.ones_like(truth),
        gold=truth,
        patients=pictures.names,
        findings=source.findings,
    )
