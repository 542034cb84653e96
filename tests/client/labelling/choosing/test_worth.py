from dataclasses import replace

import numpy as np
import pytest

from glsmed.client.labelling.choosing.pool import Floats, Pool, read_pool
from glsmed.client.labelling.choosing.worth import Standing, cue_gains, curve_gains, label_gains, opening_shares
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration_fit import DEFAULT_STRENGTHS
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


@pytest.fixture(scope="module")
def two_findings() -> Pool:
    reports = {f"{n}": "FINDINGS: Effusion cannot be excluded. " + "Probable nodule." * (n < 30) for n in range(120)}
    return read_pool(Reader(load_adapter("en_radiology")), reports, ("effusion", "nodule"))


def standing(pool: Pool, labels: Floats | None = None, *, enough: bool = True) -> Standing:
    counts = np.zeros(len(pool.names)) if labels is None else labels
    classes = np.full(1, 30 if enough else 0, dtype=np.intp)
    return Standing(counts.astype(np.intp), classes, classes)


def loss(pool: Pool, labels: Floats) -> float:
    """What the doubted cells lose: a regression on dummies of family, cue, and cue with finding, solved as a whole."""
    pairs = [(c, f) for c in range(len(pool.priors.cues)) for f in range(len(pool.findings))]
    mean = pool.priors.mean.clip(0.02, 0.98)
    spread = np.array([mean[c] * (1 - mean[c]) for c, _ in pairs])
    family, cue = (np.eye(len(names)) for names in (pool.priors.families, pool.priors.cues))
    design = np.hstack(
        [
            np.array([family[pool.priors.family[c]] for c, _ in pairs]),
            np.array([cue[c] for c, _ in pairs]),
            np.eye(len(pairs)),
        ]
    )
    precision = [
        np.full(len(family), DEFAULT_STRENGTHS.family),
        DEFAULT_STRENGTHS.cue * pool.priors.strength * mean * (1 - mean),
        DEFAULT_STRENGTHS.finding * spread,
    ]
    information = np.diag(np.concatenate(precision))
    for finding, share, count in zip(pool.finding, pool.cue_share, labels, strict=True):
        row = np.array([share[c] * (f == finding) for c, f in pairs])
        information += count * (row @ spread) * np.outer(row @ design, row @ design)
    left = np.einsum("pi,ij,pj->p", design, np.linalg.inv(information), design)
    return float((pool.cue_cells.ravel() * spread * left).sum() / 2)


@pytest.mark.parametrize("labels", [0, 10, 40])
def test_the_gain_of_a_cue_is_the_fall_of_the_posteriors_loss(two_findings: Pool, labels: int) -> None:
    before = np.full(len(two_findings.names), float(labels))
    for stratum, gain in enumerate(cue_gains(two_findings, before.astype(np.intp))):
        after = before.copy()
        after[stratum] += 1
        assert gain == pytest.approx(loss(two_findings, before) - loss(two_findings, after), rel=1e-6, abs=1e-9)


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


def test_a_label_opens_no_examination_that_another_finding_opened(two_findings: Pool) -> None:
    """Against opened examinations counted over orders drawn at random."""
    pool, counts = two_findings, {"effusion: cannot_exclude": 40, "nodule: probable": 6, "nodule: unmentioned": 15}
    labels = np.array([counts[name] for name in pool.names], dtype=np.intp)
    rng = np.random.default_rng(1)
    lines = [np.argwhere(pool.stratum == stratum)[:, 0] for stratum in range(len(pool.names))]
    opened = np.zeros(len(labels))
    for _ in range(400):
        place = rng.random(len(pool.study_ids))
        ordered = [rows[np.argsort(place[rows])] for rows in lines]
        already = {row for rows, count in zip(ordered, labels, strict=True) for row in rows[:count]}
        opened += [rows[count] not in already for rows, count in zip(ordered, labels, strict=True)]
    assert opening_shares(pool, labels) == pytest.approx(opened / 400, abs=0.1)


def test_cells_with_gold_from_elsewhere_open_nothing(two_findings: Pool) -> None:
    pool = two_findings
    known = pool.finding == pool.findings.index("effusion")
    labels = np.where(known, pool.sizes, 1)
    assert opening_shares(replace(pool, known=known), labels)[~known] == pytest.approx(1)
    assert opening_shares(pool, labels)[~known] == pytest.approx(0)
