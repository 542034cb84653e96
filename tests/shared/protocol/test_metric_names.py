import re

import pytest
import torch

from glsmed.shared.errors import WireError
from glsmed.shared.metrics.finding_metrics import finding_metrics
from glsmed.shared.protocol.metric_names import METRICS, PERMISSIONS, check_metrics, metric_key, permission_of


def test_a_metric_travels_under_name_and_finding() -> None:
    assert metric_key("auroc", "effusion") == "auroc/effusion"


@pytest.mark.parametrize("key", ["n_words", "auroc/hernia", "smith/effusion"])
def test_a_number_that_the_study_does_not_know_is_refused(key: str) -> None:
    check_metrics({"loss": 0.1, "auroc/effusion": 0.8}, findings=("effusion",))
    with pytest.raises(WireError, match=f"'{key}' is not a metric of this study"):
        check_metrics({key: 1.0}, findings=("effusion",))


@pytest.mark.parametrize(
    ("key", "value"),
    [("auroc/effusion", 1.5), ("brier", -0.1), ("log_loss", 1e300), ("n/effusion", -3.0), ("loss", -1e300)],
)
def test_a_number_that_cannot_be_what_its_name_says_is_refused(key: str, value: float) -> None:
    with pytest.raises(WireError, match=rf"'{key}': expected .*, got {re.escape(str(value))}$"):
        check_metrics({key: value}, findings=("effusion",))


def test_a_site_names_its_permissions_by_these_words() -> None:
    of_models = ("auroc", "auprc", "brier", "ece", "log_loss", "false_alert_rate", "miss_rate", "loss")
    assert (*of_models, "counts", "cohort", "gold_quality", "reasons", "calibration") == PERMISSIONS


@pytest.mark.parametrize(
    ("key", "permission"),
    [
        ("auroc/effusion", "auroc"),
        ("loss", "loss"),
        ("n/effusion", "counts"),
        ("patients", "counts"),
        ("present_cells/effusion", "cohort"),
        ("words", None),
    ],
)
def test_a_number_needs_the_permission_of_its_name(key: str, permission: str | None) -> None:
    assert permission_of(key) == permission


@pytest.mark.parametrize(
    ("key", "value"), [("auroc/effusion", 0.0), ("brier", 1.00005), ("log_loss", 100.0), ("n", 1e9), ("loss", -2.0)]
)
def test_a_number_within_its_range_passes(key: str, value: float) -> None:
    check_metrics({key: value}, findings=("effusion",))


def test_every_metric_that_a_site_computes_is_in_the_table() -> None:
    probabilities, truth = torch.tensor([[0.2], [0.9], [0.4]]), torch.tensor([[0.0], [1.0], [1.0]])
    computed = finding_metrics(probabilities, truth, ["effusion"])["effusion"]
    assert computed.keys() <= METRICS.keys()
