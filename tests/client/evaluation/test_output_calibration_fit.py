import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.training.steps.training import predict_logits
from glsmed.shared.networks.building import build_model

CPU = torch.device("cpu")


class Brightness(nn.Module):
    """A model whose logit is the mean pixel, two findings alike."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((1, 2, 3), keepdim=False)[:, None].expand(-1, 2)


def _examples(n: int, gold_share: float, *, seed: int, offset: float | None = None) -> Examples:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (n, 1, 1, 1), generator=generator).byte()
    logits = 3 * (images[:, 0, 0].float() / 255 - 0.5) / 0.25 + 1
    gold = (torch.rand(n, 2, generator=generator) < logits.sigmoid()).float()
    gold[int(gold_share * n) :] = math.nan
    return Examples(
        images=images,
        targets=torch.zeros(n, 2),
        weights=torch.ones(n, 2),
        gold=gold,
        patients=tuple(f"p{number}" for number in range(n)),
        findings=("effusion", "nodule"),
        offsets=None if offset is None else torch.full((n, 2), offset),
    )


def test_the_offset_is_part_of_the_logits() -> None:
    plain = predict_logits(Brightness(), _examples(8, 1, seed=0), device=CPU)
    moved = predict_logits(Brightness(), _examples(8, 1, seed=0, offset=1.5), device=CPU)
    assert torch.allclose(moved, plain + 1.5)


def test_enough_validation_gold_is_used_alone() -> None:
    training, validation = _examples(300, 1, seed=1), _examples(200, 1, seed=2)
    fitted = calibrate_outputs(Brightness(), training, validation, kind="platt", device=CPU)
    assert fitted.curves["effusion"].gold_cells == 200
    assert fitted.curves["effusion"].slope == pytest.approx(3, rel=0.4)


def test_scarce_validation_gold_is_joined_by_training_gold() -> None:
    training, validation = _examples(300, 0.5, seed=1), _examples(200, 0.2, seed=2)
    assert (
        calibrate_outputs(Brightness(), training, validation, kind="platt", device=CPU).curves["nodule"].gold_cells
        == 190
    )


def test_each_finding_decides_for_itself() -> None:
    training, validation = _examples(300, 1, seed=1), _examples(200, 1, seed=2)
    validation.gold[40:, 1] = math.nan
    curves = calibrate_outputs(Brightness(), training, validation, kind="platt", device=CPU).curves
    assert (curves["effusion"].gold_cells, curves["nodule"].gold_cells) == (200, 340)


@pytest.mark.parametrize(("in_training", "in_validation"), [(0.0, 0.0), (0.0, 0.1), (0.5, 0.0)])
def test_a_split_without_gold_is_not_shown_to_the_model(in_training: float, in_validation: float) -> None:
    training, validation = _examples(100, in_training, seed=1), _examples(100, in_validation, seed=2)
    model = build_model("resnet10", n_findings=2, seed=0)
    small = [replace(part, images=part.images.expand(-1, -1, 32, 32)) for part in (training, validation)]
    fitted = calibrate_outputs(model, *small, kind="platt", device=CPU)
    assert set(fitted.curves) == ({"effusion", "nodule"} if in_training else set())


@pytest.mark.parametrize("gold_share", [0.0, 1.0])
def test_without_gold_or_switched_off_there_is_no_curve(gold_share: float) -> None:
    training, validation = _examples(100, gold_share, seed=1), _examples(100, gold_share, seed=2)
    kind = "off" if gold_share else "platt"
    assert calibrate_outputs(Brightness(), training, validation, kind=kind, device=CPU).curves == {}  # type: ignore[arg-type]  # both are kinds


def test_evaluation_with_the_map_is_better_calibrated_and_orders_alike() -> None:
    training, validation = _examples(300, 1, seed=1), _examples(300, 1, seed=2)
    fitted = calibrate_outputs(Brightness(), training, validation, kind="platt", device=CPU)
    measured = evaluate(Brightness(), _examples(600, 1, seed=3), device=CPU, output_calibration=fitted)
    assert measured.macro["ece"] < measured.raw_macro["ece"] / 2
    assert measured.macro["auroc"] == pytest.approx(measured.raw_macro["auroc"])


def test_evaluation_without_a_map_is_raw() -> None:
    measured = evaluate(Brightness(), _examples(100, 1, seed=3), device=CPU)
    assert measured.macro == measured.raw_macro
