import math
from dataclasses import replace

import pytest
import torch

from glsmed.client.data.examples import Examples
from glsmed.client.egress.final_numbers import calibration_numbers, missing_numbers

NAN = math.nan
FINDINGS = ("effusion", "nodule", "hernia", "foreign")
# effusion: two patients with, three without; nodule: one with; hernia and foreign: nobody has a reference
GOLD = torch.tensor(
    [[1, 0, NAN, NAN], [1, 1, NAN, NAN], [0, 0, NAN, NAN], [0, 0, NAN, NAN], [0, 0, NAN, NAN]], dtype=torch.float32
)
DATA = Examples(
    images=torch.zeros(5, 1, 1, 1, dtype=torch.uint8),
    targets=torch.full((5, 4), 0.5),
    weights=torch.zeros(5, 4),
    gold=GOLD,
    patients=("a", "b", "c", "d", "e"),
    findings=FINDINGS,
)


def test_each_missing_number_has_its_reason() -> None:
    numbers = missing_numbers(DATA, adapter_findings=FINDINGS[:3], min_patients=2)
    assert {key: number.value for key, number in numbers.items()} == {
        "missing/nodule": 3,
        "missing/hernia": 2,
        "missing/foreign": 1,
    }
    assert {number.patients for number in numbers.values()} == {5}


@pytest.mark.parametrize(("fewest", "is_missing"), [(2, False), (3, True)])
def test_too_few_is_what_the_policy_calls_so(fewest: int, is_missing: bool) -> None:
    assert ("missing/effusion" in missing_numbers(DATA, adapter_findings=FINDINGS, min_patients=fewest)) is is_missing


def test_images_of_one_patient_are_one_patient() -> None:
    same = replace(DATA, patients=("a", "a", "c", "d", "e"))
    assert missing_numbers(same, adapter_findings=FINDINGS, min_patients=2)["missing/effusion"].value == 3


def test_a_bin_says_what_was_said_and_what_was_true() -> None:
    probabilities = torch.full((5, 4), 0.05)
    probabilities[:, 0] = torch.tensor([0.72, 0.78, 0.74, 0.11, 0.12])
    numbers = calibration_numbers(probabilities, DATA)
    assert numbers["calibration_cells_7"].value == 3
    assert numbers["calibration_said_7"].value == pytest.approx((0.72 + 0.78 + 0.74) / 3)
    assert numbers["calibration_true_7"].value == pytest.approx(2 / 3)


def test_a_bin_is_about_its_smaller_group() -> None:
    probabilities = torch.full((5, 4), 0.05)
    probabilities[:, 0] = torch.tensor([0.72, 0.78, 0.74, 0.11, 0.12])
    numbers = calibration_numbers(probabilities, DATA)
    assert {numbers[f"calibration_{name}_7"].patients for name in ("cells", "said", "true")} == {1}
    assert numbers["calibration_cells_1"].patients == 0  # all absent: which patients have it would be known
