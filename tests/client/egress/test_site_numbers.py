import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.egress.site_numbers import (
    evaluation_numbers,
    label_quality,
    loss_number,
    site_counts,
    weight_numbers,
)
from glsmed.client.evaluation.evaluation import evaluate, reference_labels
from glsmed.shared.protocol.metric_names import DECISION_METRICS, EVALUATION_METRICS
from glsmed.shared.protocol.study import Study

NAN = math.nan
FINDINGS = ("effusion", "nodule")
# two images of patient a, one each of b, c and d
DATA = Examples(
    images=torch.arange(5, dtype=torch.uint8).reshape(5, 1, 1, 1) * 50,
    targets=torch.tensor([[0.95, 0.05], [0.95, 0.05], [0.05, 0.05], [0.45, 0.05], [0.95, 0.05]]),
    weights=torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]),
    gold=torch.full((5, 2), NAN),
    patients=("a", "a", "b", "c", "d"),
    findings=FINDINGS,
)
WITH_GOLD = replace(
    DATA, gold=torch.tensor([[1.0, NAN], [1.0, NAN], [0.0, NAN], [0.0, NAN], [NAN, NAN]], dtype=torch.float32)
)


class Brightness(nn.Module):
    """Logit of effusion: the pixel; of nodule: 0."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.cat([images.flatten(1), torch.zeros(len(images), 1)], dim=1)


def test_counts_are_cells_and_how_many_patients_have_them() -> None:
    counts = site_counts({"train": DATA, "validation": DATA, "test": DATA})
    assert {key: (number.value, number.patients) for key, number in counts.items()} == {
        "patients": (4, 4),
        "training_cells/effusion": (4, 3),
        "training_cells/nodule": (1, 1),
        "present_cells/effusion": (2, 1),
        "present_cells/nodule": (0, 0),
        "doubted_cells/effusion": (1, 1),
        "doubted_cells/nodule": (0, 0),
    }


def test_a_patient_without_a_labelled_cell_is_not_trained_on() -> None:
    assert DATA.labelled_patients == 3
    assert replace(DATA, weights=torch.zeros(5, 2)).labelled_patients == 0


def test_the_quality_of_labels_is_what_they_say_of_the_truth_in_either_class() -> None:
    """Present: .95 and .95 of patient a. Absent: 1 - .05 of b and 1 - .45 of c. The masked cell does not count."""
    number = label_quality(WITH_GOLD)["gold_quality"]
    assert number.value == pytest.approx((0.95 + (0.95 + 0.55) / 2) / 2)
    assert number.patients == 1


def test_without_gold_of_both_classes_labels_have_no_quality_to_tell() -> None:
    assert label_quality(DATA) == {}
    assert label_quality(replace(WITH_GOLD, gold=torch.where(WITH_GOLD.gold == 1, NAN, WITH_GOLD.gold))) == {}


@pytest.mark.parametrize(
    ("weights", "sent"), [("cells", {}), ("patients", {}), ("gold_quality", {"gold_quality": 0.85})]
)
def test_a_site_tells_what_its_study_weighs_by_and_no_more(weights: str, sent: dict[str, float]) -> None:
    splits: dict[SplitName, Examples] = {"train": DATA, "validation": WITH_GOLD, "test": WITH_GOLD}
    study = Study.model_validate(
        {"study": "s", "findings": FINDINGS, "federation": {"aggregation": {"weights": weights}}}
    )
    told = weight_numbers(splits, study)
    assert {key: number.value for key, number in told.items()} == pytest.approx(sent)


def test_gold_is_the_reference_where_there_is_any() -> None:
    truth, reference = reference_labels(WITH_GOLD)
    assert reference == "gold"
    torch.testing.assert_close(truth, WITH_GOLD.gold, equal_nan=True)


def test_without_gold_only_what_the_reports_say_plainly_is_the_reference() -> None:
    truth, reference = reference_labels(DATA)
    assert reference == "reports"
    expected = torch.tensor([[1, NAN], [1, NAN], [0, 0], [NAN, NAN], [NAN, NAN]])
    torch.testing.assert_close(truth, expected, equal_nan=True)


def test_an_evaluation_is_about_the_patients_with_a_reference() -> None:
    measured = evaluate(Brightness(), WITH_GOLD, device=torch.device("cpu"))
    assert (measured.reference, measured.patients) == ("gold", 3)
    assert set(measured.by_finding) == {"effusion"}
    # images 0 and 1 (dark) have the finding, 2 and 3 (brighter) have not: the model is always wrong
    assert measured.by_finding["effusion"]["auroc"] == 0
    assert measured.macro["n"] == 4


def test_what_depends_on_who_has_a_finding_is_about_the_smaller_group() -> None:
    measured = evaluate(Brightness(), WITH_GOLD, device=torch.device("cpu"))
    numbers = evaluation_numbers(measured, WITH_GOLD)
    of_models = (*EVALUATION_METRICS, *DECISION_METRICS)
    assert {key: number.patients for key, number in numbers.items()} == {
        "patients": 3,
        "n/effusion": 3,
        **{f"{name}/effusion": 1 for name in (*of_models, "positives")},
    }
    assert numbers["positives/effusion"].value == 2
    assert numbers["n/effusion"].value == 4


def test_counts_of_an_evaluation_of_drawn_patients_are_of_all() -> None:
    measured = evaluate(Brightness(), WITH_GOLD, device=torch.device("cpu"), rows=torch.tensor([2, 2, 0, 1]))
    numbers = evaluation_numbers(measured, WITH_GOLD)
    assert (measured.patients, measured.by_finding["effusion"]["n"]) == (2, 4)
    assert [numbers[key].value for key in ("patients", "n/effusion", "positives/effusion")] == [3, 4, 2]


def test_the_loss_of_a_round_is_about_the_smaller_group_too() -> None:
    """Patient a has a target above one half, c and b have one below."""
    assert loss_number(0.5, DATA).patients == 1


@pytest.mark.parametrize("reference", [DATA, WITH_GOLD])
def test_calibration_sums_count_every_known_cell(reference: Examples) -> None:
    measured = evaluate(Brightness(), reference, device=torch.device("cpu"))
    truth, _ = reference_labels(reference)
    known = ~torch.isnan(truth)
    assert measured.calibration[0].sum() == known.sum()
    assert measured.calibration[2].sum() == truth[known].sum()


def test_of_a_finding_with_one_class_only_the_counts_can_go() -> None:
    """Saying "absent" of what never occurs is free of error: no mean and no choice of a round may count that."""
    never = replace(WITH_GOLD, gold=torch.where(WITH_GOLD.gold == 1, 0.0, WITH_GOLD.gold))
    measured = evaluate(Brightness(), never, device=torch.device("cpu"))
    assert "brier" in measured.by_finding["effusion"]
    assert set(evaluation_numbers(measured, never)) == {"patients", "n/effusion", "positives/effusion"}
