import math

import pytest
import torch

from glsmed.client.learning.operating_point import LEAST_POSITIVES, FindingOperation, choose_operation


def _operation(positives: list[float], negatives: list[float]) -> FindingOperation:
    logits = torch.tensor([*positives, *negatives])
    truth = torch.tensor([1.0] * len(positives) + [0.0] * len(negatives))
    return choose_operation(logits, truth, [f"p{number}" for number in range(len(truth))], reference="gold")


def test_the_threshold_finds_the_share_that_was_asked_for_and_not_more_than_needed() -> None:
    operation = _operation([float(value) for value in range(20)], [-1.0, 3.0, 3.2, 8.0])
    point = operation.at(0.8)
    assert point is not None
    assert 3.2 < point.logit < 4.0
    assert (point.sensitivity, point.specificity) == (0.8, 0.75)


@pytest.mark.parametrize("aim", [0.5, 0.73, 0.9, 0.99])
def test_at_least_the_sensitivity_is_reached_on_the_images_it_was_chosen_on(aim: float) -> None:
    values = torch.randn(57, generator=torch.Generator().manual_seed(0)).tolist()
    point = _operation(values[:31], values[31:]).at(aim)
    assert point is not None
    assert point.sensitivity >= aim
    assert point.sensitivity < aim + 1 / 31


def test_a_sensitivity_between_two_that_are_kept_takes_the_higher() -> None:
    point = _operation([float(value) for value in range(100)], [-1.0]).at(0.905)
    assert point is not None
    assert point.aim == 0.91


def test_too_few_patients_with_the_finding_give_no_point_and_say_so() -> None:
    operation = _operation([1.0] * (LEAST_POSITIVES - 1), [0.0] * 50)
    assert operation.at(0.9) is None
    assert operation.why_not() == "no operating point: too few positives (9)"


def test_many_images_of_few_patients_are_few() -> None:
    operation = choose_operation(torch.arange(40.0), torch.ones(40), ["p1", "p2"] * 20, reference="gold")
    assert (operation.positives, operation.points) == (2, ())


def test_unknown_cells_are_left_out_and_no_negatives_give_no_specificity() -> None:
    truth = torch.tensor([1.0] * 12 + [math.nan] * 5)
    names = [f"p{number}" for number in range(17)]
    point = choose_operation(torch.arange(17.0), truth, names, reference="reports").at(0.9)
    assert point is not None
    assert point.specificity is None
    assert point.logit < 12
