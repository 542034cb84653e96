"""DivideMix: two networks tell each other which labels to believe, and guess the others."""

import warnings
from dataclasses import replace

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]  # scikit-learn ships no types
from sklearn.mixture import GaussianMixture  # type: ignore[import-untyped]  # as above
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import ExaminationBatch, Method, take_step, weighted_mean
from glsmed.benchmarks.methods.mixup import mixed
from glsmed.shared.smoothing import soft_target_loss

CIFAR = (4.0, 25.0)  # alpha of Beta and lambda_u in the authors' code
REAL = (0.5, 0.0)  # for Clothing1M and WebVision
BELIEVED, TEMPERATURE = 0.5, 0.5
WARM_UP, RAMP = 30 / 300, 16 / 300  # epochs of the 300 in the authors' code for CIFAR-100, as shares of training
_SHIFT_PX = 2  # of the second view, as of the first


class DivideMix(Method):
    """Li et al., ICLR 2020 (arXiv 2002.07394), algorithm 1, per finding with two classes, on plain labels.

    Cells are divided, not images: an image may have one label that is believed and another that is guessed. Unlike the
    paper's, each step trains both networks, guesses come before it; the mean prediction is drawn to the finding's own
    base rate of labels, where the paper has classes of equal size; the optimizer is every method's. In a federation
    the mixture is fitted over all sites' losses, which no real one could do.
    """

    name = "dividemix"
    networks = 2

    def __init__(self, *, alpha_lambda: tuple[float, float] = REAL, doubted: float | None = 1.0) -> None:
        super().__init__(doubted=doubted)
        self.alpha, self.strength = alpha_lambda

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Believe all labels, restart the draws, and count base rates."""
        del cells
        self._clean: list[Tensor] = []
        self._base = (targets.values * targets.weights).sum(0) / targets.weights.sum(0).clamp_min(1)
        self._draws = np.random.default_rng(0)
        self._generator = torch.Generator().manual_seed(0)

    def begin_epoch(self, nets: list[nn.Module], everything: ExaminationBatch) -> None:
        """After the warm-up, divide the cells by each network's losses."""
        if everything.progress >= WARM_UP:
            with torch.no_grad():
                self._clean = [clean_probability(self.logits(net, everything), everything) for net in nets]

    def step(self, nets: list[nn.Module], optimizers: list[torch.optim.Optimizer], batch: ExaminationBatch) -> None:
        """Each network learns from the cells that the other believes, and from what both guess of the rest."""
        if not self._clean:
            for net, optimizer in zip(nets, optimizers, strict=True):
                take_step(warm_up_loss(self.logits(net, batch), batch), optimizer)
            return
        both = self._two_views(batch)
        with torch.no_grad():
            said = torch.stack([self.logits(net, both).sigmoid().view(2, *batch.targets.shape) for net in nets])
        for place, (net, optimizer) in enumerate(zip(nets, optimizers, strict=True)):
            clean = self._clean[1 - place][batch.rows]
            learned = guessed(batch.targets, clean, own=said[place].mean(0), both=said.mean((0, 1)))
            take_step(self._mixed_loss(net, replace(both, targets=learned.repeat(2, 1)), clean), optimizer)

    def _two_views(self, batch: ExaminationBatch) -> ExaminationBatch:
        """The batch and, after it, the same examinations shifted in another way."""
        down, right = torch.randint(-_SHIFT_PX, _SHIFT_PX + 1, (2,), generator=self._generator).tolist()
        return replace(
            batch,
            images=torch.cat([batch.images, torch.roll(batch.images, (down, right), dims=(2, 3))]),
            rows=batch.rows.repeat(2),
            targets=batch.targets.repeat(2, 1),
            weights=batch.weights.repeat(2, 1),
            offsets=batch.offsets.repeat(2, 1),
        )

    def _mixed_loss(self, net: nn.Module, both: ExaminationBatch, clean: Tensor) -> Tensor:
        """Cross-entropy of believed cells, squared error of guessed ones, and the pull to the base rate."""
        share = float(self._draws.beta(self.alpha, self.alpha))
        order = torch.randperm(len(both.rows), generator=self._generator)
        batch = mixed(both, max(share, 1 - share), order)
        logits, believed = self.logits(net, batch), (clean > BELIEVED).float().repeat(2, 1)
        labelled = soft_target_loss(logits, batch.targets, batch.weights * believed)
        others = weighted_mean((logits.sigmoid() - batch.targets).square(), batch.weights * (1 - believed))
        ramp = min((both.progress - WARM_UP) / RAMP, 1.0)
        return labelled + self.strength * ramp * others + base_rate_penalty(logits, batch.weights, self._base)


def warm_up_loss(logits: Tensor, batch: ExaminationBatch) -> Tensor:
    """Cross-entropy less the entropy of what is said: for noise that depends on the class, section 3.1."""
    entropy = F.softplus(logits) - logits * logits.sigmoid()
    return soft_target_loss(logits, batch.targets, batch.weights) - weighted_mean(entropy, batch.weights)


def clean_probability(logits: Tensor, cells: ExaminationBatch) -> Tensor:
    """``(N, K)`` probability that a label is right: of the lower of two Gaussians over each finding's losses."""
    losses = F.binary_cross_entropy_with_logits(logits, cells.targets, reduction="none")
    clean = torch.zeros_like(losses)
    for column in range(losses.shape[1]):
        known = cells.weights[:, column] > 0
        if int(known.sum()) > 1:
            clean[known, column] = _lower_component(losses[known, column])
    return clean


def _lower_component(losses: Tensor) -> Tensor:
    scaled = ((losses - losses.min()) / (losses.max() - losses.min()).clamp_min(1e-12)).double().numpy()[:, None]
    mixture = GaussianMixture(n_components=2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ten iterations are what the authors take
        mixture.fit(scaled)
    return torch.from_numpy(mixture.predict_proba(scaled)[:, mixture.means_.argmin()]).float()


def guessed(labels: Tensor, clean: Tensor, *, own: Tensor, both: Tensor) -> Tensor:
    """Sharpened targets ``(n, K)``: believed labels refined by the network itself, others guessed by both."""
    probability = torch.where(clean > BELIEVED, clean * labels + (1 - clean) * own, both)
    present, absent = probability ** (1 / TEMPERATURE), (1 - probability) ** (1 / TEMPERATURE)
    return present / (present + absent)


def base_rate_penalty(logits: Tensor, weights: Tensor, base: Tensor) -> Tensor:
    """The mean over findings of the divergence of the mean prediction from the base rate ``(K,)``."""
    mean = (logits.sigmoid() * weights).sum(0) / weights.sum(0).clamp_min(1e-8)
    said, wanted = mean.clamp(1e-6, 1 - 1e-6), base.clamp(1e-6, 1 - 1e-6)
    return F.binary_cross_entropy(said, wanted) - F.binary_cross_entropy(wanted, wanted)
