"""Train one method on one trial and answer for its test examinations, at the last and at the best epoch."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.benchmarks.comparison.arms import Arm
from glsmed.benchmarks.comparison.network import SMALL, MixedPrecision, network_named
from glsmed.benchmarks.comparison.trial import Part, Trial
from glsmed.benchmarks.methods.averaging import SiteModel
from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.losses import ForwardCorrection
from glsmed.benchmarks.methods.method import ExaminationBatch, Method
from glsmed.client.labels.training_targets import base_rate_logit
from glsmed.client.learning.output_calibration import fit_output_calibration
from glsmed.shared.metrics.finding_metrics import finding_metrics
from glsmed.shared.metrics.macro import macro
from glsmed.shared.networks.model_arrays import load_arrays, state_arrays

_AT_ONCE = 512  # images whose answers are computed together


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How every network is trained: AdamW, the rate falling to 0 as a half cosine, images shifted by a few pixels.

    Attributes:
        shift_px: at most, in each direction.
        flip: whether half of the images are mirrored.
        network: as :func:`glsmed.benchmarks.comparison.network.network_named` knows it.
        mixed_precision: convolutions compute in bf16.
    """

    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    shift_px: int = 2
    flip: bool = False
    network: str = SMALL
    mixed_precision: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """Probabilities ``(M, K)`` of the test examinations, after the last epoch and the one with the best loss.

    ``mapped`` ones went through each site's output calibration; without one they are the raw ones.

    Attributes:
        largest_logit: the largest size of a raw logit on the test examinations after the last epoch.
        notes: what the method decided on its way.
        elsewhere: ``(E, K)`` logits of the last epoch for hospitals that took no part, with the mean of the sites'
            offsets; empty without any.
    """

    last: Tensor
    last_mapped: Tensor
    best: Tensor
    best_mapped: Tensor
    best_epoch: int
    validation_auroc: float
    largest_logit: float
    notes: list[str]
    elsewhere: Tensor = field(default_factory=lambda: torch.empty(0))


def fit(method: Method, trial: Trial, arm: Arm, settings: FitSettings, *, seed: int) -> Answers:
    """Train and answer; the same for the same arguments."""
    read = trial.read if arm.posterior else trial.blind
    cells = read.with_gold_as_labels() if arm.gold_labels else read
    if isinstance(method, ForwardCorrection) and arm.gold_labels:
        method.as_read(read)
    run = _Run(method, trial, arm, settings, cells, seed)
    method.prepare(cells, trial.sites, run.try_out)
    targets = method.targets(cells, torch.Generator().manual_seed(seed))
    nets, answers = run.train(targets)
    again = method.second_stage(lambda: run.logits(nets, trial.images, cells.site, targets), cells)
    return answers if again is None else run.train(again)[1]


@dataclass(frozen=True, slots=True)
class _Run:
    """One training under way."""

    method: Method
    trial: Trial
    arm: Arm
    settings: FitSettings
    cells: Cells
    seed: int

    def train(self, targets: Targets) -> tuple[list[nn.Module], Answers]:
        """The trained networks and what they answer."""
        nets = self._networks()
        optimizers = [self._optimizer(net) for net in nets]
        self.method.begin(targets, self.cells)
        best, best_loss, best_epoch = (torch.empty(0), torch.empty(0)), float("inf"), -1
        for epoch in range(self.settings.epochs):
            self.method.begin_epoch(nets, self._everything(targets, epoch))
            if self.arm.federated:
                self._federated_round(nets, targets, epoch)
            else:
                self._take_steps(nets, optimizers, targets, epoch, torch.arange(len(self.trial.images)))
            loss = self._validation_loss(nets, targets)
            if loss < best_loss:
                best, best_loss, best_epoch = self._answer(nets, targets), loss, epoch
        return nets, Answers(
            *self._answer(nets, targets),
            *best,
            best_epoch=best_epoch,
            validation_auroc=self._validation_auroc(nets, targets),
            largest_logit=float(self._test_logits(nets, targets).abs().max()),
            notes=list(self.method.notes),
            elsewhere=self._elsewhere(nets, targets),
        )

    def try_out(self, method: Method, targets: Targets, site: int, epochs: int) -> Tensor:
        """``(N, K)`` logits of all training examinations after a short training on one site's own."""
        settings = replace(self.settings, epochs=min(epochs, self.settings.epochs))
        return replace(self, method=method, settings=settings).at_site(targets, site)

    def at_site(self, targets: Targets, site: int) -> Tensor:
        """``(N, K)`` logits of all training examinations after training on one site's own."""
        nets = self._networks()
        optimizers = [self._optimizer(net) for net in nets]
        self.method.begin(targets, self.cells)
        for epoch in range(self.settings.epochs):
            self._take_steps(nets, optimizers, targets, epoch, self._rows_of(site))
        return self.logits(nets, self.trial.images, self.cells.site, targets)

    def _networks(self) -> list[nn.Module]:
        outputs = len(self.trial.findings) * self.method.outputs
        name, seed = self.settings.network, self.seed * 100
        nets = [network_named(name, outputs, seed=seed + number) for number in range(self.method.networks)]
        return [MixedPrecision(net) for net in nets] if self.settings.mixed_precision else nets

    def _rows_of(self, site: int) -> Tensor:
        return (self.cells.site == site).nonzero().squeeze(1)

    def _take_steps(
        self,
        nets: list[nn.Module],
        optimizers: list[torch.optim.Optimizer],
        targets: Targets,
        epoch: int,
        rows: Tensor,
    ) -> None:
        """One pass over these rows of the training set."""
        for batch in self._batches(targets, epoch, rows):
            base = self.settings.learning_rate * (1 + math.cos(math.pi * batch.progress)) / 2
            rate = self.method.learning_rate(batch.progress, base)
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = rate
            self.method.step(nets, optimizers, batch)

    def _federated_round(self, nets: list[nn.Module], targets: Targets, epoch: int) -> None:
        """Each site trains a copy for one pass over its own examinations; the centre's rule merges them.

        McMahan et al., AISTATS 2017, algorithm 1, all sites in every round, each with a fresh optimizer. A site weighs
        by its examinations, of which all have equally many; the centre of a real study weighs by training cells.
        """
        updates: list[list[SiteModel]] = [[] for _ in nets]
        for number, site in enumerate(self.trial.sites):
            copies, own = copy.deepcopy(nets), self._rows_of(number)
            self._take_steps(copies, [self._optimizer(net) for net in copies], targets, epoch, own)
            for place, net in enumerate(copies):
                updates[place].append(SiteModel(site, len(own), state_arrays(net)))
        averaging = self.method.aggregation()
        for net, of_sites in zip(nets, updates, strict=True):
            load_arrays(net, averaging.mean(of_sites))

    def logits(self, nets: list[nn.Module], images: Tensor, site: Tensor, targets: Targets) -> Tensor:
        """``(M, K)`` logits with the offset of each examination's site, the mean over networks."""
        return self._raw_logits(nets, images) + self._offsets(targets)[site]

    def _raw_logits(self, nets: list[nn.Module], images: Tensor) -> Tensor:
        with torch.no_grad():
            parts = torch.split(images, _AT_ONCE)
            answers = [torch.cat([self.method.answer(net(part)) for part in parts]) for net in nets]
        return torch.stack(answers).mean(0)

    def _elsewhere(self, nets: list[nn.Module], targets: Targets) -> Tensor:
        part = self.trial.elsewhere
        if part is None:
            return torch.empty(0)
        return self._raw_logits(nets, part.images) + self._offsets(targets).mean(0)

    def _offsets(self, targets: Targets) -> Tensor:
        """``(sites, K)``."""
        count = len(self.trial.sites)
        if not self.arm.offset:
            return torch.zeros(count, len(self.trial.findings))
        values = targets.values.clamp(0, 1)
        rows = [self.cells.site == number for number in range(count)]
        return torch.stack([base_rate_logit(values[chosen], targets.weights[chosen]) for chosen in rows])

    def _batches(self, targets: Targets, epoch: int, among: Tensor) -> Iterator[ExaminationBatch]:
        """The rows of ``among`` in an order of this epoch's own."""
        generator = torch.Generator().manual_seed(self.seed * 1000 + epoch)
        order = self._order(targets, among, generator)
        chunks = torch.split(order, self.settings.batch_size)
        offsets = self._offsets(targets)
        for number, rows in enumerate(chunks):
            yield ExaminationBatch(
                images=self._augmented(self.trial.images[rows], generator),
                rows=rows,
                targets=targets.values[rows],
                weights=targets.weights[rows],
                offsets=offsets[self.cells.site[rows]],
                epoch=epoch,
                progress=(epoch + number / len(chunks)) / self.settings.epochs,
            )

    def _order(self, targets: Targets, among: Tensor, generator: torch.Generator) -> Tensor:
        """The rows of a pass; where only labelled ones count, those as often as make a pass of the same length."""
        if not self.method.only_labelled:
            return among[torch.randperm(len(among), generator=generator)]
        labelled = among[(targets.weights[among] > 0).any(1)]
        passes = math.ceil(len(among) / max(len(labelled), 1))
        rows = [labelled[torch.randperm(len(labelled), generator=generator)] for _ in range(passes)]
        return torch.cat(rows)[: len(among)]

    def _augmented(self, images: Tensor, generator: torch.Generator) -> Tensor:
        moved = shifted(images, self.settings.shift_px, generator)
        if not self.settings.flip:
            return moved
        mirrored = torch.rand(len(images), generator=generator) < 1 / 2
        return torch.where(mirrored[:, None, None, None], moved.flip(3), moved)

    def _everything(self, targets: Targets, epoch: int) -> ExaminationBatch:
        """The training set as it is before an epoch, its images in their places."""
        return ExaminationBatch(
            images=self.trial.images,
            rows=torch.arange(len(self.trial.images)),
            targets=targets.values,
            weights=targets.weights,
            offsets=self._offsets(targets)[self.cells.site],
            epoch=epoch,
            progress=epoch / self.settings.epochs,
        )

    def _validation_loss(self, nets: list[nn.Module], targets: Targets) -> float:
        """Log-loss on what the validation reports state plainly."""
        part = self.trial.validation
        known = ~torch.isnan(part.truth)
        logits = self.logits(nets, part.images, part.site, targets)
        return float(F.binary_cross_entropy_with_logits(logits[known], part.truth[known]))

    def _validation_auroc(self, nets: list[nn.Module], targets: Targets) -> float:
        """AUROC on what the validation reports state plainly, the mean over findings that have both classes."""
        part = self.trial.validation
        probability = self.logits(nets, part.images, part.site, targets).sigmoid()
        return macro(finding_metrics(probability, part.truth, self.trial.findings)).get("auroc", 0.5)

    def _test_logits(self, nets: list[nn.Module], targets: Targets) -> Tensor:
        return self.logits(nets, self.trial.test.images, self.trial.test.site, targets)

    def _answer(self, nets: list[nn.Module], targets: Targets) -> tuple[Tensor, Tensor]:
        logits = self._test_logits(nets, targets)
        if not self.arm.output_calibration:
            return logits.sigmoid(), logits.sigmoid()
        gold_logits = self.logits(nets, self.trial.gold.images, self.trial.gold.site, targets)
        return logits.sigmoid(), mapped(logits, self.trial.test, gold_logits, self.trial.gold, self.trial.findings)

    def _optimizer(self, net: nn.Module) -> torch.optim.Optimizer:
        settings = self.settings
        return torch.optim.AdamW(
            net.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )


def shifted(images: Tensor, most_px: int, generator: torch.Generator) -> Tensor:
    """The batch, moved by up to ``most_px`` in both directions, what leaves on one side coming in on the other."""
    down, right = torch.randint(-most_px, most_px + 1, (2,), generator=generator).tolist()
    return torch.roll(images, (down, right), dims=(2, 3)).contiguous(memory_format=torch.channels_last)


def mapped(logits: Tensor, part: Part, gold_logits: Tensor, gold: Part, findings: tuple[str, ...]) -> Tensor:
    """``(M, K)`` probabilities through the map of each examination's site, fitted on that site's gold."""
    result = torch.empty_like(logits)
    for number in range(int(part.site.max()) + 1):
        of_site, of_gold = part.site == number, gold.site == number
        output_calibration = fit_output_calibration(gold_logits[of_gold], gold.truth[of_gold], findings)
        result[of_site] = output_calibration.probabilities(logits[of_site])
    return result
