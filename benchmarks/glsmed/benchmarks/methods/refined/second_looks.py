"""Trials of a better recipe: what else a grade, the network itself, or the order of cells could teach.

All learn from the site's posteriors, as ``gls-site`` does. What trains twice is to be compared with an ensemble of two.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.gls import SiteGls
from glsmed.benchmarks.methods.method import ExaminationBatch, Predict, weighted_mean
from glsmed.benchmarks.simulator.hospital_data import UNCERTAIN
from glsmed.client.learning.image_informed import image_informed_targets
from glsmed.shared.protocol.study import DEFAULT_IMAGE_SHARE
from glsmed.shared.smoothing import soft_target_loss

_LEAST = 1e-4
_GRADE_WEIGHT = 0.5
_DISTILLED = 0.5  # share of the network's own answer
_STEPS = 20  # of expectation and maximisation


class SiteGlsEnsemble(SiteGls):
    """Two networks: the control of what trains twice."""

    name = "gls-site-ensemble"
    networks = 2


class SiteImageInformed(SiteGls):
    """The site's posteriors, moved towards what words and image say together, in the one training there is.

    As ``gls-image-informed`` does it without gold: see :mod:`glsmed.client.learning.image_informed`.
    """

    name = "gls-site-informed"

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Cross-entropy with targets of this step's own."""
        return soft_target_loss(logits, _informed(logits, batch), batch.weights)


class SharedInformed(SiteImageInformed):
    """The same, with calibrations that start from the prior which the hospitals share."""

    name = "gls-shared-informed"
    shares_cue_counts = True


class GradeHead(SiteGls):
    """A second output, at training only, learns the grade: the rank of the words' probability among all in use."""

    name = "gls-grade-head"
    outputs = 2

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Rank the words."""
        del targets
        self._grade = torch.empty_like(cells.probability)
        for column in range(cells.probability.shape[1]):
            values, place = torch.unique(cells.probability[:, column], return_inverse=True)
            self._grade[:, column] = place / max(len(values) - 1, 1)

    def logits(self, net: torch.nn.Module, batch: ExaminationBatch) -> Tensor:
        """``(n, K, 2)``: the finding with the site's offset, and the grade."""
        outputs: Tensor = net(batch.images).view(len(batch.rows), -1, self.outputs)
        return torch.stack([outputs[..., 0] + batch.offsets, outputs[..., 1]], dim=-1)

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """The finding's loss and half of the grade's."""
        grade = F.binary_cross_entropy_with_logits(logits[..., 1], self._grade[batch.rows], reduction="none")
        finding = soft_target_loss(logits[..., 0], batch.targets, batch.weights)
        return finding + _GRADE_WEIGHT * weighted_mean(grade, batch.weights)

    def answer(self, outputs: Tensor) -> Tensor:
        """The finding alone."""
        return outputs.view(len(outputs), -1, self.outputs)[..., 0]


class CertainFirst(SiteGls):
    """A curriculum: doubted cells count nothing at first, and fully from the middle of training on."""

    name = "gls-certain-first"

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Doubted cells weigh by how far training is."""
        doubt = 4 * batch.targets * (1 - batch.targets)
        early = max(0.0, 1 - 2 * batch.progress)
        return soft_target_loss(logits, batch.targets, batch.weights * (1 - early * doubt))


class Distilled(SiteGls):
    """Self-distillation with doubt as prior: a second network learns doubted cells half from the first's answers."""

    name = "gls-distilled"

    def second_stage(self, predict: Predict, cells: Cells) -> Targets:
        """Halfway between posterior and answer where the words doubt."""
        plain = self.targets(cells, torch.Generator())
        doubted = (cells.state == UNCERTAIN) & torch.isnan(cells.gold)
        mixed = plain.values + _DISTILLED * (predict().sigmoid() - plain.values)
        return Targets(torch.where(doubted, mixed, plain.values), plain.weights)


class JointHabits(SiteGls):
    """Site habits and network estimated together by expectation and maximisation, gold held fixed.

    What a site means by a grade is estimated from all its cells, not from gold alone: a cell's truth is taken as what
    words and the first network's answer say together, and a grade means the mean of its cells (Raykar et al., JMLR
    2010, with the words' posterior as start and as a prior worth ``prior`` cells). A second network learns from that.
    """

    name = "gls-joint-habits"
    prior = 10.0
    network_share = 0.5  # of the network's evidence beside the words', which it has learned from

    def second_stage(self, predict: Predict, cells: Cells) -> Targets:
        """The targets after the last step."""
        plain, logits = self.targets(cells, torch.Generator()), predict()
        values = plain.values.clone()
        known = ~torch.isnan(cells.gold)
        for number in range(int(cells.site.max()) + 1):
            for column in range(values.shape[1]):
                rows = ((cells.site == number) & (plain.weights[:, column] > 0)).nonzero().squeeze(1)
                values[rows, column] = self._site_targets(
                    plain.values[rows, column], logits[rows, column], known[rows, column]
                )
        return Targets(values, plain.weights)

    def _site_targets(self, posterior: Tensor, logits: Tensor, known: Tensor) -> Tensor:
        """``(n,)`` of one site and finding; cells of one grade have one posterior."""
        grades, grade = torch.unique(posterior, return_inverse=True)
        means, base = grades.clone(), _logit(posterior.mean())
        targets = posterior
        for _ in range(_STEPS):
            together = (_logit(means)[grade] + self.network_share * (logits - base)).sigmoid()
            targets = torch.where(known, posterior, together)
            sums = torch.zeros_like(means).scatter_add(0, grade, targets)
            count = torch.bincount(grade, minlength=len(means))
            means = (sums + self.prior * grades) / (count + self.prior)
        return targets


class JointInformed(JointHabits):
    """The same, and in both trainings the targets also take the image into account, as in ``gls-site-informed``."""

    name = "gls-joint-informed"

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Cross-entropy with targets of this step's own."""
        return soft_target_loss(logits, _informed(logits, batch), batch.weights)


def _informed(logits: Tensor, batch: ExaminationBatch) -> Tensor:
    return image_informed_targets(logits, batch.targets, batch.offsets, torch.tensor(DEFAULT_IMAGE_SHARE))


def _logit(probability: Tensor) -> Tensor:
    return probability.clamp(_LEAST, 1 - _LEAST).logit()
