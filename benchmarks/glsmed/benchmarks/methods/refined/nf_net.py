"""NF-Net: noisy labels through a second softmax, and a teacher that few clean labels have taught."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import ExaminationBatch, Method, take_step, weighted_mean

_TEACHER_DECAY = 0.99  # of the mean teacher, a step
_CONSISTENCY = 1.0
_CLEAN_START = 0.9  # of the diagonal of the second softmax
_LEARNING_RATE = 1e-2  # of the second softmax


class NfNet(Method):
    """A re-derivation of NF-Net (Cao et al., Medical Physics 2020), which labels breast ultrasound by BI-RADS.

    The network's own softmax says the truth; a second one, a 2 x 2 table of each finding that is learned with it, says
    what the noisy label will be (Sukhbaatar et al. 2014). Clean labels go to the first softmax, noisy ones to the
    second. A teacher, the running mean of the network (Tarvainen and Valpola 2017), keeps the answers steady. The
    authors' code is not public: sizes and weights here are ours.
    """

    name = "nf-net"

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Start the second softmax near the identity; remember which labels are clean."""
        findings = targets.values.shape[1]
        start = torch.full((findings, 2, 2), 1 - _CLEAN_START)
        start[:, [0, 1], [0, 1]] = _CLEAN_START
        self._noise = start.log().requires_grad_()
        self._noise_steps = torch.optim.SGD([self._noise], lr=_LEARNING_RATE)
        self._clean = ~torch.isnan(cells.gold)
        self._teachers: list[nn.Module] = []

    def step(self, nets: list[nn.Module], optimizers: list[torch.optim.Optimizer], batch: ExaminationBatch) -> None:
        """One step of the network and its second softmax, then of the teacher."""
        if not self._teachers:
            self._teachers = [copy.deepcopy(net).requires_grad_(False) for net in nets]
        self._noise_steps.zero_grad(set_to_none=True)
        for net, teacher, optimizer in zip(nets, self._teachers, optimizers, strict=True):
            take_step(self._loss(self.logits(net, batch), self.logits(teacher, batch), batch), optimizer)
            with torch.no_grad():
                for mean, own in zip(teacher.parameters(), net.parameters(), strict=True):
                    mean.lerp_(own, 1 - _TEACHER_DECAY)
        self._noise_steps.step()

    def _loss(self, logits: Tensor, taught: Tensor, batch: ExaminationBatch) -> Tensor:
        present = logits.sigmoid()
        clean = self._clean[batch.rows]
        noisy_loss = F.binary_cross_entropy(self._seen(present).clamp(1e-6, 1 - 1e-6), batch.targets, reduction="none")
        clean_loss = F.binary_cross_entropy_with_logits(logits, batch.targets, reduction="none")
        labels = weighted_mean(torch.where(clean, clean_loss, noisy_loss), batch.weights)
        ramp = _CONSISTENCY * min(1.0, 2 * batch.progress)
        return labels + ramp * (present - taught.sigmoid()).square().mean()

    def _seen(self, present: Tensor) -> Tensor:
        """``(n, K)`` probability that the noisy label is 1."""
        seen = self._noise.softmax(-1)[..., 1]
        return present * seen[:, 1] + (1 - present) * seen[:, 0]
