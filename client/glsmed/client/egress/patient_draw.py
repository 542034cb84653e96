"""Whom the numbers of a round are about: patients drawn with replacement, anew for each model, by the site's secret.

A centre that knows some of a site's images could build a model that ranks these as it likes, and read their labels from
one exact number. Nobody outside knows who is in a draw, or how often. The noise that the draw adds to a number is as
large as the number's own standard error. So a choice between models loses nothing that would hold at another site.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def drawn_rows(patients: Sequence[str], key: bytes) -> Tensor:
    """``(M,)`` rows of as many patients as there are, each drawn by chance, with all images of each.

    Args:
        patients: of every row.
        key: secret, of the site and the model; the same key draws the same rows.
    """
    rows: dict[str, list[int]] = {}
    for row, patient in enumerate(patients):
        rows.setdefault(patient, []).append(row)
    everyone = list(rows.values())
    generator = np.random.default_rng(int.from_bytes(key, "big"))
    chosen = generator.integers(len(everyone), size=len(everyone))
    return torch.tensor([row for place in chosen.tolist() for row in everyone[place]])
