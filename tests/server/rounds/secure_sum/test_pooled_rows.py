"""Metrics of a sum against those of the joined cells; what of it is not shown."""

import numpy as np
import pytest
import torch

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.secure_sum.pooled_rows import is_of_a_sum, name_of_sum, pooled_rows, reference_of_sum
from glsmed.shared.errors import WireError
from glsmed.shared.metrics.finding_metrics import finding_metrics
from glsmed.shared.metrics.score_counts import score_counts
from glsmed.shared.protocol.metric_names import check_metrics, metric_key
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.masked_form import Counts
from glsmed.shared.secure_aggregation.signed_keys import Adding, SiteSecrets
from tests.masked_sites import NAMES, identity, roster_of, study_of, subject_of

FINDINGS = ("effusion", "nodule")
LIKE = MetricRow(3, "test", "all sites", "gold", "", "", 0.0)
COUNTS = Counts(100, 50)
MIDDLES = torch.linspace(-5.875, 5.875, 48, dtype=torch.float64).sigmoid()  # where counting changes nothing


def exchange_of(*adding: Adding) -> Exchange:
    roster, keys = roster_of(), []
    for name, one in zip(NAMES, adding, strict=False):
        secrets = SiteSecrets(mask_key=b"m" * 32, box_key=b"b" * 32, own_seed=b"s" * 32)
        subject = subject_of(study_of(), roster)
        keys.append(secrets.signed(name, subject, weight_bits=0, identity=identity(name), adding=one))
    return Exchange(tuple(keys))


EXCHANGE = exchange_of(*[Adding(adds_to=(0, 1), min_patients=5)] * 3)


def cells(seed: int, rows: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    truth = torch.tensor(rng.choice([0.0, 1.0, np.nan], (rows, 2)), dtype=torch.float32)
    return MIDDLES[torch.tensor(rng.integers(0, 48, (rows, 2)))].float(), truth


def counted(probabilities: torch.Tensor, truth: torch.Tensor) -> Ring:
    counts: Ring = score_counts(probabilities, truth).reshape(2, -1).numpy().astype(np.uint32)
    return counts


def test_metrics_of_the_sum_are_those_of_the_joined_cells() -> None:
    hospitals = [cells(seed) for seed in range(3)]
    total = np.stack([counted(*one) for one in hospitals]).sum(0, dtype=np.uint32)
    joined = finding_metrics(
        torch.cat([one[0] for one in hospitals]), torch.cat([one[1] for one in hospitals]), FINDINGS
    )
    rows = pooled_rows(total, FINDINGS, like=LIKE, exchange=EXCHANGE)
    assert {row.finding for row in rows} == set(FINDINGS)
    for row in rows:
        assert row.value == pytest.approx(joined[row.finding][row.metric], abs=2e-6), row
    check_metrics({metric_key(row.metric, row.finding): row.value for row in rows}, FINDINGS)


def test_the_final_evaluation_has_calibration_over_all_findings() -> None:
    probabilities, truth = cells(0, rows=400)
    rows = pooled_rows(counted(probabilities, truth), FINDINGS, like=LIKE, exchange=EXCHANGE, ends=True)
    known = ~torch.isnan(truth)
    found = {row.metric: row.value for row in rows if not row.finding}
    said, true = probabilities[known].double(), truth[known].double()
    inside = (said >= 0.9).nonzero().ravel()
    assert found["calibration_cells_9"] == len(inside)
    assert found["calibration_said_9"] == pytest.approx(float(said[inside].mean()), abs=1e-6)
    assert found["calibration_true_9"] == pytest.approx(float(true[inside].mean()))


@pytest.mark.parametrize(("positives", "shown"), [(4, False), (5, True)])
def test_a_finding_whose_smaller_group_is_below_the_policies_is_not_shown(positives: int, *, shown: bool) -> None:
    truth = torch.full((40, 2), torch.nan)
    truth[:, 0] = torch.tensor([1.0] * positives + [0.0] * (40 - positives))
    rows = pooled_rows(counted(torch.full((40, 2), 0.3), truth), FINDINGS, like=LIKE, exchange=EXCHANGE, ends=True)
    missing = {row.finding: row.value for row in rows if row.metric == "missing"}
    assert ("effusion" not in missing) == shown
    assert missing["nodule"] == 2  # no examination has it
    assert any(row.metric == "auroc" for row in rows) == shown


def test_more_cells_than_sites_can_have_are_refused() -> None:
    total = np.zeros((2, 96), np.uint32)
    total[0, 0] = 2**32 - 1  # a site that takes away what it does not have
    with pytest.raises(WireError, match="a site added wrong ones"):
        pooled_rows(total, FINDINGS, like=LIKE, exchange=EXCHANGE)


def test_a_sum_is_named_by_who_did_not_add_to_it() -> None:
    roster = roster_of(NAMES[:4])
    exchange = exchange_of(*[Adding(adds_to=(0,), min_patients=5)] * 3, Adding())
    assert name_of_sum(exchange_of(*[Adding(adds_to=(0,), min_patients=5)] * 4), NAMES[:4], roster) == "all sites"
    assert name_of_sum(exchange, NAMES[:4], roster) == "all sites but dogwood"
    assert name_of_sum(exchange, NAMES[1:4], roster) == "all sites but ash and dogwood"
    assert is_of_a_sum("all sites but ash")
    assert not is_of_a_sum("all-sites")


def test_the_reference_of_a_sum_names_both_kinds() -> None:
    assert reference_of_sum(["gold", "", "reports", "gold"]) == "gold and reports"
