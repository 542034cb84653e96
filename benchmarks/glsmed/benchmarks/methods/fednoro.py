"""FedNoRo: sites whose labels look noisy learn from the common model too, and count less in it."""

import copy
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture  # type: ignore[import-untyped]  # scikit-learn ships no types
from torch import Tensor, nn
from torch.nn import functional as F

from glsmed.benchmarks.methods.averaging import Averaging, ByCases, SiteModel
from glsmed.benchmarks.methods.cells import Cells, Targets
from glsmed.benchmarks.methods.method import ExaminationBatch, Method, TryOut, weighted_mean
from glsmed.client.labels.training_targets import base_rate_logit
from glsmed.shared.protocol.packed_model import Arrays
from glsmed.shared.smoothing import soft_target_loss

WARM_UP, RAMP_END = 0.10, 0.49  # rounds 10 and 49 of the 100 in the authors' code, as shares of training
TEMPERATURE, LARGEST_WEIGHT = 0.8, 0.8
_VOTES = 9

Features = NDArray[np.float64]


class FedNoRo(Method):
    """Wu et al., IJCAI 2023 (arXiv 2305.05230), sections 3.2 and 3.3, per finding with two classes, on plain labels.

    Stage 1, sites warm up with logit-adjusted cross-entropy. Then each reports its mean loss of every finding and
    class under the common model, and a mixture of two Gaussians divides the sites: those of the component with higher
    losses are noisy. Stage 2, clean sites go on; noisy ones learn from the round's common model as well
    (:meth:`loss`), and the average weighs by distance (:class:`DistanceAware`).

    The adjustment of two classes is each site's log-odds of its own labels, added in training only; an arm's offset,
    which is the same number, is added to answers. The authors have twenty sites and five epochs a round. **With three
    sites the mixture has three points**: it always parts them one against two if their losses differ at all, however
    little, so that a site is called noisy in a federation of equally good ones too. It is run as published, the
    sites so called are in the run's notes, and nobody is noisy only where all report the same. With one noisy site the
    distance weight is e^-1 whatever the distance.
    """

    name = "fednoro"
    federated_only = True

    def prepare(self, cells: Cells, sites: Sequence[str], try_out: TryOut) -> None:
        """Take the sites' names."""
        del cells, try_out
        self._sites = tuple(sites)

    def begin(self, targets: Targets, cells: Cells) -> None:
        """Count each site's labels; nobody is noisy yet."""
        self._targets, self._site_of = targets, cells.site
        rows = [cells.site == number for number in range(len(self._sites))]
        self._log_odds = torch.stack([base_rate_logit(targets.values[own], targets.weights[own]) for own in rows])
        self._teachers: list[nn.Module] = []
        self._noisy: frozenset[int] | None = None

    def begin_epoch(self, nets: list[nn.Module], everything: ExaminationBatch) -> None:
        """After the warm-up, keep the common model as the round's teacher; the first time, divide the sites."""
        if everything.progress < WARM_UP:
            return
        self._teachers = copy.deepcopy(nets)
        if self._noisy is None:
            with torch.no_grad():
                losses = class_losses(nets[0](everything.images), self._targets, self._site_of)
            self._noisy = noisy_sites(losses)
            names = ", ".join(self._sites[number] for number in sorted(self._noisy)) or "none"
            self.notes.append(f"sites called noisy: {names}")

    def aggregation(self) -> Averaging:
        """The plain average until sites are called noisy."""
        return DistanceAware({self._sites[number] for number in self._noisy}) if self._noisy else ByCases()

    def logits(self, net: nn.Module, batch: ExaminationBatch) -> Tensor:
        """The site's own log-odds in place of the arm's offset."""
        outputs: Tensor = net(batch.images)
        return outputs + self._log_odds[self._site_of[batch.rows]]

    def loss(self, logits: Tensor, batch: ExaminationBatch) -> Tensor:
        """Logit-adjusted cross-entropy; at a noisy site, (1 - w) of it and w of the divergence from the teacher."""
        plain = soft_target_loss(logits, batch.targets, batch.weights)
        if not self._noisy or int(self._site_of[batch.rows[0]]) not in self._noisy:
            return plain
        with torch.no_grad():
            taught = (self._teachers[0](batch.images) / TEMPERATURE).sigmoid()
        share = teacher_weight(batch.progress)
        return share * weighted_mean(divergence(taught, logits), batch.weights) + (1 - share) * plain


class DistanceAware(Averaging):
    """Weights ``n_k exp(-D_k / max D)``, D the distance of a noisy site's model from the nearest clean one.

    The distance adds up the Euclidean norms of all arrays, as the authors' code does. All updates are held at once.
    """

    def __init__(self, noisy: Iterable[str]) -> None:
        self._noisy = frozenset(noisy)

    def weights(self, models: Sequence[SiteModel]) -> Features:
        """``(sites,)``, adding up to 1."""
        clean = [one for one in models if one.site not in self._noisy]
        distance = np.array(
            [
                min(model_distance(one.model, other.model) for other in clean) if one.site in self._noisy else 0.0
                for one in models
            ]
        )
        weights = np.array([one.cases for one in models]) * np.exp(-distance / max(distance.max(), 1e-12))
        return np.asarray(weights / weights.sum())


def model_distance(first: Arrays, second: Arrays) -> float:
    """The Euclidean distance of each array, added up."""
    return sum(float(np.linalg.norm(np.subtract(first[name], second[name], dtype=np.float64))) for name in first)


def class_losses(logits: Tensor, targets: Targets, site: Tensor) -> Features:
    """``(sites, 2 K)`` mean cross-entropy of each finding's absent and present labels, NaN where a site has none."""
    losses = F.binary_cross_entropy_with_logits(logits, targets.values, reduction="none")
    rows = []
    for number in range(int(site.max()) + 1):
        among = [(targets.weights > 0) & (targets.values == label) & (site == number)[:, None] for label in (0.0, 1.0)]
        rows.append(torch.cat([(losses * chosen).sum(0) / chosen.sum(0) for chosen in among]))
    return np.asarray(torch.stack(rows).double().numpy())


def noisy_sites(losses: Features) -> frozenset[int]:
    """The sites of the component with higher losses, as most of nine mixtures have it; none if all are alike.

    Args:
        losses: ``(sites, 2 K)`` of :func:`class_losses`; a class that a site lacks counts as the lowest loss of any.
    """
    features = _between_0_and_1(losses)
    if len(np.unique(features, axis=0)) < 2:
        return frozenset()
    votes = Counter(_higher(features, seed) for seed in range(_VOTES))
    noisy, _ = votes.most_common(1)[0]
    return noisy if len(noisy) < len(features) else frozenset()


def _between_0_and_1(losses: Features) -> Features:
    known = losses[:, ~np.isnan(losses).all(axis=0)]
    filled = np.where(np.isnan(known), np.nanmin(known, axis=0), known)
    low, width = filled.min(axis=0), np.ptp(filled, axis=0)
    return np.asarray((filled - low) / np.where(width > 0, width, 1.0))


def _higher(features: Features, seed: int) -> frozenset[int]:
    mixture = GaussianMixture(n_components=2, random_state=seed).fit(features)
    higher = int(np.argmax(mixture.means_.sum(axis=1)))
    return frozenset(np.flatnonzero(mixture.predict(features) == higher).tolist())


def teacher_weight(progress: float) -> float:
    """Rising from e^-5 of the largest weight after the warm-up to all of it (Laine and Aila, arXiv 1610.02242)."""
    phase = min(max((progress - WARM_UP) / (RAMP_END - WARM_UP), 0.0), 1.0)
    return LARGEST_WEIGHT * float(np.exp(-5 * (1 - phase) ** 2))


def divergence(taught: Tensor, logits: Tensor) -> Tensor:
    """``(n, K)`` Kullback-Leibler divergence of the model's two classes from the taught probabilities."""
    cross = F.binary_cross_entropy_with_logits(logits, taught, reduction="none")
    return cross - F.binary_cross_entropy(taught, taught, reduction="none")
