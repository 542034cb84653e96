from dataclasses import replace

import numpy as np
import pytest

from glsmed.client.labelling.choosing.pool import Floats, Pool, read_pool
from glsmed.client.labelling.choosing.worth import Standing, cue_gains, curve_gains, label_gains
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration_fit import DEFAULT_STRENGTHS
from glsmed.site_adapters.calibration.hierarchy import Counts, posterior
from glsmed.site_adapters.reading.reader import Reader

TEXTS = {"cannot": "Effusion cannot be excluded.", "likely": "Probable effusion.", "no": "No effusion.", "": "Clear."}


@pytest.fixture(scope="module")
def pool() -> Pool:
    reports = {
        f"{kind}{n}": f"FINDINGS: {TEXTS[kind]}"
        for kind, count in zip(TEXTS, (80, 20, 40, 60), strict=True)
        for n in range(count)
    }
    return read_pool(Reader(load_adapter("en_radiology")), reports, ("effusion",))


def standing(pool: Pool, labels: Floats | None = None, *, enough: bool = True) -> Standing:
    counts = np.zeros(len(pool.names)) if labels is None else labels
    classes = np.full(1, 30 if enough else 0, dtype=np.intp)
    return Standing(counts.astype(np.intp), classes, classes)


def loss(pool: Pool, labels: Floats) -> float:
    """What too few labels cost the doubted cells: 1 / (2 (s + 1)) each, by the strengths of the real posteriors."""
    trials = (labels @ pool.cue_share)[:, None]
    fitted = posterior(pool.priors, Counts(trials, trials * 0.5, trials[:, 0], trials[:, 0] * 0.5), DEFAULT_STRENGTHS)
    return float((pool.cue_cells / (2 * (fitted.strength + 1))).sum())


@pytest.mark.parametrize("labels", [10, 20, 40])
def test_the_gain_of_a_cue_is_the_fall_of_the_posteriors_loss(pool: Pool, labels: int) -> None:
    before = np.full(len(pool.names), float(labels))
    for stratum, gain in enumerate(cue_gains(pool, before.astype(np.intp))):
        after = before.copy()
        after[stratum] += 1
        # shared strength moves a little too, which the formula takes to first order
        assert gain == pytest.approx(loss(pool, before) - loss(pool, after), rel=0.2, abs=1e-9)


def test_cues_that_leave_no_doubt_gain_nothing_for_the_cue(pool: Pool) -> None:
    gains = dict(zip(pool.names, cue_gains(pool, np.zeros(len(pool.names), dtype=np.intp)), strict=True))
    assert gains["effusion: cannot_exclude"] > 0
    assert gains["effusion: unmentioned"] == 0


def test_the_gain_of_the_curve_is_the_fall_of_the_weighted_scores_variance(pool: Pool) -> None:
    """Against the loss of a weighted estimate, worked out stratum by stratum."""
    q = pool.said
    x = np.stack([np.clip(np.log(q / (1 - q)), -4, 4), np.ones_like(q)], axis=1)
    v = q * (1 - q)
    information = np.eye(2) + sum(n * w * np.outer(row, row) for n, w, row in zip(pool.sizes, v, x, strict=True))

    def cost(labels: Floats) -> float:
        spread = sum(
            n**2 * w * np.outer(row, row) / (count + 20)
            for n, w, row, count in zip(pool.sizes, v, x, labels, strict=True)
        )
        return float(np.trace(np.linalg.inv(information) @ spread)) / 2

    zero = np.zeros(len(q))
    for stratum, gain in enumerate(curve_gains(pool, standing(pool))):
        one = zero.copy()
        one[stratum] = 1
        assert gain == pytest.approx(cost(zero) - cost(one))


def test_a_finding_without_presents_wants_cells_that_are_likely_present(pool: Pool) -> None:
    few = Standing(np.zeros(len(pool.names), dtype=np.intp), np.zeros(1, dtype=np.intp), np.full(1, 30, dtype=np.intp))
    more = curve_gains(pool, few) - curve_gains(pool, standing(pool))
    assert np.argmax(more) == np.argmax(pool.said)


def test_a_stratum_without_cells_left_gains_nothing(pool: Pool) -> None:
    assert label_gains(pool, standing(pool, pool.sizes.astype(float))).max() == 0
    assert label_gains(replace(pool, sizes=pool.sizes + 1), standing(pool, pool.sizes.astype(float))).min() > 0
