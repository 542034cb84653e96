from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from glsmed.client.training.differential_privacy.layer_passes import LayerPass, noted_passes, output_gradients
from glsmed.client.training.differential_privacy.patient_gradients import (
    Factored,
    Owners,
    PatientGradients,
    Written,
    patient_gradients,
)
from glsmed.shared.networks.frozen_norm import FrozenNorm

LAYERS: list[tuple[nn.Module, Sequence[int]]] = [
    (nn.Conv2d(3, 5, 3, padding=1), (3, 8, 8)),
    (nn.Conv2d(24, 40, 3, stride=2, padding=1, bias=False), (24, 4, 4)),
    (nn.Conv2d(64, 64, 3, padding=1), (64, 2, 2)),
    (nn.Conv2d(4, 6, 1, stride=2), (4, 5, 5)),
    (nn.Conv2d(2, 3, (3, 2), dilation=2, padding=(2, 0)), (2, 7, 7)),
    (nn.Conv2d(6, 9, 3, groups=3), (6, 8, 8)),
    (nn.Conv2d(5, 5, 3, groups=5, bias=False), (5, 3, 3)),
    (nn.Linear(6, 3), (6,)),
    (nn.Linear(60, 30), (4, 60)),
    (nn.GroupNorm(2, 6), (6, 7, 7)),
    (FrozenNorm(6, eps=1e-5), (6, 7, 7)),
]
COUNTS = [(1, 1, 1, 1), (2, 2), (1, 3), (4,)]


def found_in(layer: nn.Module, inputs: Tensor, backprops: Tensor, owners: Owners) -> list[PatientGradients]:
    with noted_passes(layer) as passes:
        out = layer(inputs)
    (outputs,) = output_gradients((out * backprops).sum(), passes)
    assert outputs is not None
    return patient_gradients(passes[0], outputs, owners)


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize(("layer", "shape"), LAYERS)
def test_gradients_are_those_of_each_patients_own_images(
    layer: nn.Module, shape: Sequence[int], counts: tuple[int, ...]
) -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(4, *shape, generator=generator)
    backprops = torch.randn(layer(inputs).shape, generator=generator)
    found = found_in(layer, inputs, backprops, Owners(counts))
    assert {id(one.parameter) for one in found} == {id(one) for one in layer.parameters()}
    factors, start = torch.linspace(0.5, 1.5, len(counts)), 0
    sums = [torch.zeros_like(one.parameter) for one in found]
    for patient, count in enumerate(counts):
        rows = slice(start, start + count)
        start += count
        loss = (layer(inputs[rows]) * backprops[rows]).sum()
        own = torch.autograd.grad(loss, [one.parameter for one in found])
        for one, gradient, total in zip(found, own, sums, strict=True):
            assert float(one.squared_norms()[patient].sqrt()) == pytest.approx(float(gradient.norm()), rel=1e-4)
            total += factors[patient] * gradient
    for one, total in zip(found, sums, strict=True):
        assert torch.allclose(one.sum_of(factors), total, atol=1e-3)


def test_both_forms_are_among_these() -> None:
    forms = set()
    for layer, shape in LAYERS:
        inputs = torch.randn(4, *shape)
        forms |= {type(one) for one in found_in(layer, inputs, torch.ones(layer(inputs).shape), Owners((1,) * 4))}
    assert forms == {Written, Factored}


@pytest.mark.parametrize(("layer", "shape"), [LAYERS[1], LAYERS[2], LAYERS[9]])
def test_a_patient_with_the_factor_0_adds_nothing_even_if_not_finite(layer: nn.Module, shape: Sequence[int]) -> None:
    inputs = torch.randn(2, *shape)
    backprops = torch.randn(layer(inputs).shape)
    inputs[0], backprops[0] = torch.inf, torch.nan
    for one in found_in(layer, inputs, backprops, Owners((1, 1))):
        assert not bool(one.squared_norms()[0].isfinite())
        assert bool(one.sum_of(torch.tensor([0.0, 1.0])).isfinite().all())


def test_norms_that_cancel_are_too_long_rather_than_too_short() -> None:
    """Patches that are all alike and output gradients that add up to nothing: in single precision the sum is noise."""
    patches = 1e6 + torch.randn(3, 64, 4)
    outputs = torch.randn(3, 64, 4)
    outputs -= outputs.mean(2, keepdim=True)
    one = Factored(nn.Parameter(torch.zeros(64, 64)), patches, outputs)
    exact = torch.bmm(outputs.double(), patches.double().transpose(1, 2)).flatten(1).norm(dim=1)
    assert bool((one.squared_norms().sqrt() >= exact).all())
    assert bool((one.sum_of(torch.ones(3)).norm() <= one.squared_norms().sqrt().sum()).all())


@pytest.mark.parametrize(
    "layer", [nn.Conv2d(4, 4, 3, padding="same"), nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"), nn.PReLU(4)]
)
def test_a_layer_of_another_kind_is_refused(layer: nn.Module) -> None:
    with pytest.raises(ValueError, match="no per-patient gradients"):
        found_in(layer, torch.randn(1, 4, 5, 5), torch.ones(1, 1, 1, 1), Owners((1,)))


def test_outputs_in_bf16_give_gradients_in_float32() -> None:
    layer = nn.Conv2d(3, 5, 3, padding=1)
    with torch.autocast("cpu", dtype=torch.bfloat16), noted_passes(layer) as passes:
        out = layer(torch.randn(2, 3, 8, 8))
    (outputs,) = output_gradients(out.float().sum(), passes)
    assert outputs is not None
    assert outputs.dtype == torch.bfloat16
    found = patient_gradients(passes[0], outputs, Owners((1, 1)))
    assert {one.gradients.dtype for one in found if isinstance(one, Written)} == {torch.float32}
    assert isinstance(passes[0], LayerPass)
