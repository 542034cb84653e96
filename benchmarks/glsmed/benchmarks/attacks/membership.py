"""Whether a patient was trained on, read out of the final model (LiRA: Carlini et al., S&P 2022).

Many models are trained, each on a random half of the same patients. One after the other is attacked with the others as
shadow models: they say how a model answers about a patient that it has seen, and about one that it has not.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from glsmed.benchmarks.attacks.spread import mean_and_range
from glsmed.benchmarks.privacy_cost.planned_training import CPU, DELTA, Planned, train_as_planned
from glsmed.benchmarks.simulator.drawn_examples import drawn_examples
from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.training import predict_logits
from glsmed.shared.processes.command_line import Tell

Table = NDArray[np.float64]
Mask = NDArray[np.bool_]

FALSE_ALARMS = 0.01
SETTINGS: Mapping[str, tuple[float | None, int]] = {  # epsilon, and how many times as long as planned
    "no privacy": (None, 1),
    "no privacy, three times as long": (None, 3),
    "epsilon 8": (8.0, 1),
    "epsilon 1": (1.0, 1),
}
_PATIENTS = 400  # of which each model has seen a random half
_MODELS = 10
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Inferred:
    """What was read in one setting.

    Attributes:
        epsilon: by the accounts, the largest of the models'; infinite without privacy.
        hits: share of seen patients that are named, where one in a hundred of the others is named too.
        auroc: of the attacker's scores.
    """

    setting: str
    seed: int
    epsilon: float
    hits: float
    auroc: float

    @property
    def bound(self) -> float:
        """The largest share of hits that (epsilon, delta) allows."""
        if math.isinf(self.epsilon):
            return 1.0
        grown = math.exp(self.epsilon)
        return min(1.0, grown * FALSE_ALARMS + DELTA, 1 - (1 - FALSE_ALARMS - DELTA) / grown)


def inferred(*, seeds: int, tell: Tell) -> Iterator[Inferred]:
    """Every setting, seed by seed; each seed draws other patients. ``tell`` gets a line for each."""
    for seed in range(seeds):
        patients = drawn_examples(_PATIENTS, seed=seed)
        seen = np.random.default_rng(seed).random((_MODELS, _PATIENTS)) < 0.5
        for setting, (epsilon, times) in SETTINGS.items():
            planned = Planned(epsilon, _BATCH, seed, times)
            scores, spent = _confidences(patients, seen, planned)
            guesses = likelihood_ratios(scores, seen)
            done = Inferred(setting, seed, spent, hits_at(guesses, seen, FALSE_ALARMS), _auroc(guesses, seen))
            tell(f"{setting}, seed {seed}: {100 * done.hits:.1f} % hits at 1 % false alarms, AUROC {done.auroc:.3f}")
            yield done


def _confidences(patients: Examples, seen: Mask, planned: Planned) -> tuple[Table, float]:
    """``(M, N)`` how surely each model says what is true of each patient; and the largest epsilon that was spent."""
    rows, spent = [], 0.0
    for of_model in seen:
        trained = train_as_planned(patients.rows(torch.from_numpy(np.flatnonzero(of_model))), planned)
        spent = max(spent, math.inf if trained.spent is None else trained.spent)
        logits = predict_logits(trained.model, patients, device=CPU)
        rows.append(((2 * patients.gold - 1) * logits).sum(1).double().numpy())
    return np.stack(rows), spent


def likelihood_ratios(scores: Table, seen: Mask) -> Table:
    """``(M, N)`` log of how much better "seen" explains a model's score of a patient than "not seen".

    Args:
        scores: ``(M, N)`` of each model for each patient.
        seen: ``(M, N)`` whether the model has seen the patient; of the attacked model it is not used.
    """
    ratios = np.zeros_like(scores)
    for target in range(len(scores)):
        others = np.arange(len(scores)) != target
        known, among = scores[others], seen[others]
        inside, outside = _means(known, among), _means(known, ~among)
        deviations = known - np.where(among, inside, outside)
        variance = float((deviations**2).mean())
        ratios[target] = ((scores[target] - outside) ** 2 - (scores[target] - inside) ** 2) / (2 * variance)
    return ratios


def _means(scores: Table, among: Mask) -> Table:
    """``(N,)`` each patient's mean over the models of the mask; where there is none, the mean of all."""
    counts = among.sum(0)
    sums = np.where(among, scores, 0.0).sum(0)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), scores[among].mean()), dtype=np.float64)


def hits_at(ratios: Table, seen: Mask, false_alarms: float) -> float:
    """Share of the seen that lie above the bar that so many of the unseen lie above."""
    bar = np.quantile(ratios[~seen], 1 - false_alarms)
    return float((ratios[seen] > bar).mean())


def _auroc(ratios: Table, seen: Mask) -> float:
    order = np.concatenate([ratios[seen], ratios[~seen]]).argsort().argsort() + 1
    inside = int(seen.sum())
    above = order[:inside].sum() - inside * (inside + 1) / 2
    return float(above / (inside * (~seen).sum()))


def membership_markdown(done: Sequence[Inferred]) -> str:
    """A line for each setting: mean over seeds (lowest to highest)."""
    lines = [
        "| training | epsilon spent | hits at 1 % false alarms | most that it allows | AUROC of the attack |",
        "|---|---:|---|---:|---|",
    ]
    for setting in SETTINGS:
        of = [one for one in done if one.setting == setting]
        if not of:
            continue
        spent, bound = max(one.epsilon for one in of), max(one.bound for one in of)
        epsilon = "–" if math.isinf(spent) else f"{spent:.2f}"
        hits = mean_and_range([100 * one.hits for one in of], "{:.1f}")
        allowed = "100" if math.isinf(spent) else f"{100 * bound:.1f}"
        auroc = mean_and_range([one.auroc for one in of], "{:.3f}")
        lines.append(f"| {setting} | {epsilon} | {hits} % | {allowed} % | {auroc} |")
    return "\n".join(lines) + "\n"
