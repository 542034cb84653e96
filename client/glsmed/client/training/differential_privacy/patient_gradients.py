"""The gradient of each patient by the weights of one layer: how long it is, and the sum of clipped ones.

A convolution is a linear map of unfolded patches: with patches A ``(P, T)`` and output gradients G ``(O, T)`` of one
patient at its T positions the gradient is ``G A^T``. Its length has two forms. Where ``G A^T`` is small it is written
out, and what is measured is what is added up. Else its squared norm is the sum of ``(A^T A) * (G^T G)`` (Bu et al.,
NeurIPS 2022), which cancels: a crafted model can make it so that rounding in single precision decides the result. So
it is summed in double precision, and a bound of all rounding is added: a norm may come out too long, never too short.

Both forms use the A and G of the one backward pass that there is. A second pass would round in other ways, in bf16 by
as much as the whole gradient of a crafted model.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.client.training.differential_privacy.layer_passes import LayerPass
from glsmed.shared.networks.frozen_norm import FrozenNorm

# Of |A| |G|: rounding of a sum in single precision over the positions of a group of images stays far below it.
ROUNDING = 1e-4
_DOUBLE_COST = 2  # of a multiplication in double precision


@dataclass(frozen=True, slots=True)
class Owners:
    """Which patient each image of a group belongs to; a patient's images lie side by side.

    Attributes:
        counts: images of each patient.
    """

    counts: tuple[int, ...]

    def side_by_side(self, values: Tensor) -> Tensor:
        """``(n, C, T)`` of images as ``(N, C, m T)`` of patients; one with fewer images than m has zeros."""
        patients, most = len(self.counts), max(self.counts)
        if most == 1:
            return values
        channels, positions = values.shape[1:]
        if min(self.counts) == most:
            of_patients = values.view(patients, most, channels, positions)
        else:
            of_patients = values.new_zeros((patients * most, channels, positions))
            of_patients[self._rows(values.device, most)] = values
            of_patients = of_patients.view(patients, most, channels, positions)
        return of_patients.transpose(1, 2).reshape(patients, channels, most * positions)

    def summed(self, values: Tensor) -> Tensor:
        """``(n, …)`` of images as sums ``(N, …)`` of patients."""
        patients = len(self.counts)
        if max(self.counts) == 1:
            return values
        owners = torch.arange(patients).repeat_interleave(torch.tensor(self.counts)).to(values.device)
        sums: Tensor = values.new_zeros((patients, *values.shape[1:])).index_add_(0, owners, values)
        return sums

    def _rows(self, device: torch.device, most: int) -> Tensor:
        rows = [patient * most + place for patient, count in enumerate(self.counts) for place in range(count)]
        return torch.tensor(rows, device=device)


@dataclass(frozen=True, slots=True)
class Written:
    """Gradients ``(N, W)`` of patients by the W weights of a parameter, written out."""

    parameter: Tensor
    gradients: Tensor

    def squared_norms(self) -> Tensor:
        """``(N,)``."""
        squares: Tensor = torch.linalg.vector_norm(self.gradients, dim=1).double().square()
        return squares

    def sum_of(self, factors: Tensor) -> Tensor:
        """The sum of the gradients times their factors ``(N,)``; one with the factor 0 is left out, finite or not."""
        kept = factors > 0
        if not bool(kept.all()):
            return (factors[kept] @ self.gradients[kept]).view_as(self.parameter)
        return (factors @ self.gradients).view_as(self.parameter)


@dataclass(frozen=True, slots=True)
class Factored:
    """Gradients of patients by a weight as patches ``(N, P, T)`` and output gradients ``(N, O, T)``."""

    parameter: Tensor
    patches: Tensor
    outputs: Tensor

    def squared_norms(self) -> Tensor:
        """``(N,)``, with the bound of rounding added."""
        patches, outputs = self.patches.double(), self.outputs.double()
        of_patches = torch.bmm(patches.transpose(1, 2), patches)
        of_outputs = torch.bmm(outputs.transpose(1, 2), outputs)
        traces = _trace(of_patches) * _trace(of_outputs)
        return (of_patches * of_outputs).sum((1, 2)).clamp_min(0) + ROUNDING**2 * traces

    def sum_of(self, factors: Tensor) -> Tensor:
        """As for gradients that are written out."""
        kept = factors > 0
        patches, outputs = self.patches[kept], self.outputs[kept] * factors[kept].view(-1, 1, 1)
        total = outputs.transpose(0, 1).flatten(1) @ patches.transpose(0, 1).flatten(1).T
        return total.view_as(self.parameter)


PatientGradients = Written | Factored
_Layer = Callable[[LayerPass, Tensor, Owners], list[PatientGradients]]


def patient_gradients(one: LayerPass, outputs: Tensor, owners: Owners) -> list[PatientGradients]:
    """The patients' gradients by each trainable parameter of a layer, in float32 whatever the network computes in.

    Args:
        one: the batch's way through the layer.
        outputs: the loss's gradient by its output, ``(n, …)``.
        owners: whose images the batch has.

    Raises:
        ValueError: the layer is of a kind that is not known here.
    """
    if type(one.layer) not in LAYERS:
        raise ValueError(f"no per-patient gradients for {one.layer}")
    with torch.no_grad():
        return LAYERS[type(one.layer)](one, outputs.float(), owners)


def _convolution(one: LayerPass, outputs: Tensor, owners: Owners) -> list[PatientGradients]:
    layer = cast(nn.Conv2d, one.layer)
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise ValueError(f"no per-patient gradients for {layer}: padding mode or padding are not supported")
    gradients, found = outputs.flatten(2), list[PatientGradients]()
    if layer.weight.requires_grad:
        patches = F.unfold(one.inputs.float(), layer.kernel_size, layer.dilation, layer.padding, layer.stride)
        found.append(_of_weight(layer.weight, owners.side_by_side(patches), owners.side_by_side(gradients), layer))
    if layer.bias is not None and layer.bias.requires_grad:
        found.append(Written(layer.bias, owners.summed(gradients.sum(2))))
    return found


def _of_weight(weight: Tensor, patches: Tensor, outputs: Tensor, layer: nn.Conv2d | nn.Linear) -> PatientGradients:
    """The gradients by a weight from patches ``(N, P, T)`` and output gradients ``(N, O, T)``, in the cheaper form."""
    groups = layer.groups if isinstance(layer, nn.Conv2d) else 1
    patients, rows, positions = patches.shape
    columns = outputs.shape[1]
    if groups == 1 and _DOUBLE_COST * positions * (rows + columns) < rows * columns:
        return Factored(weight, patches, outputs)
    by_group = patches.reshape(patients * groups, rows // groups, positions)
    gradients = torch.bmm(outputs.reshape(patients * groups, columns // groups, positions), by_group.transpose(1, 2))
    return Written(weight, gradients.view(patients, -1))


def _linear(one: LayerPass, outputs: Tensor, owners: Owners) -> list[PatientGradients]:
    layer, found = cast(nn.Linear, one.layer), list[PatientGradients]()
    inputs = _positions_last(one.inputs.float())
    gradients = _positions_last(outputs)
    if layer.weight.requires_grad:
        found.append(_of_weight(layer.weight, owners.side_by_side(inputs), owners.side_by_side(gradients), layer))
    if layer.bias is not None and layer.bias.requires_grad:
        found.append(Written(layer.bias, owners.summed(gradients.sum(2))))
    return found


def _positions_last(values: Tensor) -> Tensor:
    """``(n, …, C)`` as ``(n, C, T)``."""
    return values.reshape(len(values), -1, values.shape[-1]).transpose(1, 2)


def _group_norm(one: LayerPass, outputs: Tensor, owners: Owners) -> list[PatientGradients]:
    layer = cast(nn.GroupNorm, one.layer)
    normalised = F.group_norm(one.inputs.float(), layer.num_groups, eps=layer.eps)
    return _scale_and_shift(layer, normalised, outputs, owners)


def _frozen_norm(one: LayerPass, outputs: Tensor, owners: Owners) -> list[PatientGradients]:
    return _scale_and_shift(one.layer, one.inputs.float(), outputs, owners)


def _scale_and_shift(layer: nn.Module, scaled: Tensor, outputs: Tensor, owners: Owners) -> list[PatientGradients]:
    """Those of a factor and an addend for each channel of ``scaled``."""
    values = {"weight": outputs * scaled, "bias": outputs}
    return [
        Written(parameter, owners.summed(_by_channel(values[name])))
        for name, parameter in layer.named_parameters(recurse=False)
        if parameter.requires_grad
    ]


def _by_channel(values: Tensor) -> Tensor:
    """``(n, C)`` sums of ``(n, C, …)``."""
    return values.flatten(2).sum(2) if values.ndim > 2 else values  # images and channels


def _trace(matrices: Tensor) -> Tensor:
    return matrices.diagonal(dim1=1, dim2=2).sum(1)


LAYERS: Mapping[type[nn.Module], _Layer] = {
    nn.Conv2d: _convolution,
    nn.Linear: _linear,
    nn.GroupNorm: _group_norm,
    FrozenNorm: _frozen_norm,
}
