import pytest
from pydantic import ValidationError

from glsmed.shared.protocol.choice_settings import CompositeSection
from glsmed.shared.protocol.metric_names import METRICS
from glsmed.shared.protocol.study import Study

_STUDY = {"study": "chest-doubt", "findings": ["effusion", "nodule"]}


def _study(**federation: object) -> Study:
    return Study.model_validate({**_STUDY, "federation": federation})


def test_the_parts_are_metrics_that_sites_can_send() -> None:
    assert CompositeSection().parts.keys() <= METRICS.keys()


def test_a_part_of_weight_0_is_not_needed() -> None:
    assert CompositeSection(false_alerts=0, calibration=2).parts == {"miss_rate": 1, "ece": 2}


def test_a_score_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected a weight above 0, got none"):
        CompositeSection(false_alerts=0, misses=0, calibration=0)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_finding_counts_some_finite_times(weight: float) -> None:
    with pytest.raises(ValidationError, match="rare_findings: expected weights above 0"):
        CompositeSection(rare_findings={"nodule": weight})


def test_a_rare_finding_is_one_of_the_study() -> None:
    with pytest.raises(ValidationError, match="expected findings of the study, got oedema"):
        _study(composite={"rare_findings": {"oedema": 2}})


def test_log_loss_chooses_unless_the_study_says_otherwise() -> None:
    assert _study().federation.choosing_composite is None
    composite = _study(choose_by="composite", composite={"rare_findings": {"nodule": 3}}).federation.choosing_composite
    assert composite is not None
    assert composite.rare_findings == {"nodule": 3}
