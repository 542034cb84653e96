"""The rounds of a study over sites in this process: the sites' own training, the centre's own rule, and no messages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from glsmed.client.egress.site_numbers import labelled_patients, weight_numbers
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.server.strategies.chosen import rule_of
from glsmed.server.strategies.rule import Block, UpdateFacts
from glsmed.shared.metrics.macro import macro
from glsmed.shared.protocol.packed_model import Arrays
from glsmed.shared.protocol.study import Study

Flat = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BestRound:
    """The round with the lowest mean validation log-loss of the sites, and its shared arrays."""

    round: int
    log_loss: float
    shared: Arrays


def train_together(study: Study, sites: Mapping[str, SiteRuntime]) -> BestRound:
    """The best round of a study; each site's state folder afterwards holds what it keeps for itself."""
    reached = (_measured(sites, shared, number) for number, shared in enumerate(_rounds(study, sites), 1))
    return min(reached, key=lambda one: one.log_loss)


def _measured(sites: Mapping[str, SiteRuntime], shared: Arrays, number: int) -> BestRound:
    each = [_validation_log_loss(site, shared, number) for site in sites.values()]
    return BestRound(number, sum(each) / len(each), shared)


def _rounds(study: Study, sites: Mapping[str, SiteRuntime]) -> Iterator[Arrays]:
    """The shared arrays after each round."""
    first = next(iter(sites.values())).strategy.shared()
    centre = _Centre(study, first, sorted(sites), size=sum(array.size for array in first.values()))
    shared: Arrays = {name: array.copy() for name, array in first.items()}
    for number in range(1, study.training.rounds + 1):
        answers = [_answer(sites[name], shared, number, centre.control()) for name in centre.names]
        shared = centre.merged(shared, answers)
        yield shared


@dataclass(slots=True)
class _Centre:
    """The rule and its state, as one stretch of all parameters."""

    study: Study
    layout: Arrays
    names: list[str]
    size: int
    state: dict[str, Flat] = field(default_factory=dict)

    def merged(self, shared: Arrays, answers: list[tuple[Flat, UpdateFacts]]) -> Arrays:
        rule, facts = rule_of(self.study), [one for _, one in answers]
        for name, value in rule.state_arrays.items():
            self.state.setdefault(name, np.full(self.size, value, np.float32))
        base, updates = _flat(shared), np.stack([update for update, _ in answers])
        facts = [_with_norm(one, update - base) for one, update in zip(facts, updates, strict=True)]
        block = Block(base, updates, rule.weights(facts), facts, self.state, sites=len(self.names))
        return self._arrays(rule.merge(block))

    def control(self) -> Arrays | None:
        sent = rule_of(self.study).sent_state
        if not sent:
            return None
        return self._arrays(self.state.get(sent[0], np.zeros(self.size, np.float32)))

    def _arrays(self, flat: Flat) -> Arrays:
        ends = np.cumsum([array.size for array in self.layout.values()])
        parts = np.split(flat, ends[:-1])
        return {name: part.reshape(self.layout[name].shape) for name, part in zip(self.layout, parts, strict=True)}


def _answer(site: SiteRuntime, shared: Arrays, number: int, control: Arrays | None) -> tuple[Flat, UpdateFacts]:
    summary = site.strategy.train(shared, site.splits, round_number=number, control=control)
    quality = weight_numbers(site.splits, site.study).get("gold_quality")
    facts = UpdateFacts(
        site=site.site,
        cells=summary.cells,
        patients=labelled_patients(site.splits["train"]),
        steps=summary.steps,
        norm=0.0,
        label_quality=None if quality is None else quality.value,
    )
    return _flat(site.strategy.shared()), facts


def _with_norm(facts: UpdateFacts, change: Flat) -> UpdateFacts:
    return replace(facts, norm=float(np.linalg.norm(change.astype(np.float64))))


def _flat(arrays: Arrays) -> Flat:
    return np.concatenate([np.asarray(array, np.float32).ravel() for array in arrays.values()])


def _validation_log_loss(site: SiteRuntime, shared: Arrays, number: int) -> float:
    site.strategy.load(shared, after_round=number)
    splits, kind = site.splits, site.study.model.calibration_map
    curves = calibrate_outputs(site.model, splits["train"], splits["validation"], kind=kind, device=site.device)
    measured = evaluate(site.model, splits["validation"], device=site.device, output_calibration=curves)
    return macro(measured.by_finding).get("log_loss", float("inf"))
