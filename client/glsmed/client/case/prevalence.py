"""How common each finding is at the site: gold where there is some, else what reports say, in all its examinations."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from glsmed.client.labels.label_table import LabelRow
from glsmed.shared.case.draws import clustered_share_draws, share_draws
from glsmed.shared.case.prices import Counted, Prices
from glsmed.shared.case.yearly import Floats


def prevalence_draws(
    rows: Sequence[LabelRow],
    gold: Mapping[tuple[str, str], int],
    findings: Sequence[str],
    prices: Prices,
    rng: np.random.Generator,
) -> Floats:
    """``(1 + R, K)`` the share of examinations with each finding, and draws of it.

    What a report does not mention counts as absent. Where prices.yaml has counts of a finding, these are taken.

    Args:
        rows: of the site's label table.
        gold: by examination and finding.
        findings: the K names.
        prices: the site's own.
        rng: of the draws.
    """
    found = clustered_share_draws(*_by_patient(rows, gold, findings), rng)
    for column, finding in enumerate(findings):
        own = prices.findings.get(finding)
        counted: Counted | None = None if own is None else own.prevalence
        if counted is not None:
            found[:, column] = share_draws(np.array([float(counted.present)]), np.array([float(counted.of)]), rng)[:, 0]
    return found


def _by_patient(
    rows: Sequence[LabelRow], gold: Mapping[tuple[str, str], int], findings: Sequence[str]
) -> tuple[Floats, Floats]:
    """``(P, K)`` examinations of each patient with the finding, in expectation; ``(P,)`` all of them."""
    studies: dict[str, set[str]] = defaultdict(set)
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows:
        studies[row.patient_id].add(row.study_id)
        said = row.posterior_mean if row.weight > 0 else 0.0
        sums[row.patient_id, row.finding] += float(gold.get((row.study_id, row.finding), said))
    events = np.array([[sums[patient, finding] for finding in findings] for patient in studies])
    return events, np.array([float(len(own)) for own in studies.values()])
