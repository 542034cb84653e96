"""How often alerts are right and wrong on test patients, with draws of patients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.case.draws import DRAWS, HALF, with_draws
from glsmed.shared.case.yearly import Floats, Rates

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """The test examinations that models are judged by.

    Attributes:
        truth: ``(N, K)`` 1, 0, or NaN where it is not known; each finding has both.
        patients: N patients.
    """

    truth: Floats
    patients: Sequence[str]

    def counts(self, value: int) -> tuple[int, ...]:
        """How many examinations have this truth, by finding."""
        return tuple(int(count) for count in (self.truth == value).sum(0))


class PatientDraws:
    """Draws of patients, the same for every model, so that two models can be compared draw by draw.

    Each patient gets a weight from the exponential distribution (Bayesian bootstrap; Rubin, Annals of Statistics
    1981). With one examination a patient, and the half cases that are added before, the draws are those of Jeffreys'
    interval, so that a share of 10 in 10 has an interval, too.

    Args:
        judged: the examinations.
        rng: of the draws.
    """

    def __init__(self, judged: Judged, rng: np.random.Generator) -> None:
        names, self._places = np.unique(np.array(judged.patients), return_inverse=True)
        self._judged = judged
        self._weights = rng.standard_exponential((DRAWS, len(names)))
        shape = (2, 2, DRAWS, judged.truth.shape[1])  # half a case with an alert and half a one without, by truth
        self._before = rng.standard_gamma(HALF, shape)

    def rates(self, alerts: Flags) -> Rates:
        """The rates of a model that raises these alerts, ``(N, K)``."""
        found, wrong = (self._share(alerts, value) for value in (1, 0))
        quiet: Flags = np.logical_not(alerts.any(axis=1, keepdims=True))
        weights = self._sums(np.ones_like(quiet))
        draws = self._sums(quiet) / np.maximum(weights, 1e-300)
        return Rates(found, wrong, with_draws(quiet.mean(0), draws)[:, 0])

    def _share(self, alerts: Flags, value: int) -> Floats:
        cases = self._judged.truth == value
        hits = cases & alerts
        with_alert, without = self._before[value]
        draws = (self._sums(hits) + with_alert) / (self._sums(cases) + with_alert + without)
        return with_draws(hits.sum(0) / cases.sum(0), draws)

    def _sums(self, flags: Flags) -> Floats:
        """``(R, K)`` the flagged examinations by the weights of their patients."""
        patients = self._weights.shape[1]
        counts = np.stack(
            [np.bincount(self._places, column, patients) for column in flags.T.astype(np.float64)], axis=1
        )
        return np.asarray(self._weights @ counts)
