"""Everything that a hospital's case for management is made of, from its own data and models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glsmed.client.case.alert_rates import Flags, Judged, PatientDraws
from glsmed.client.case.prevalence import prevalence_draws
from glsmed.client.data.examples import Examples
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.evaluation.evaluation import reference_labels
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.model_use.predictor import Scores, site_predictor
from glsmed.client.model_use.site_model import load_site_model
from glsmed.client.resident.preparation import SiteData, by_split, prepare_site
from glsmed.client.settings.config import SiteConfig
from glsmed.shared.case.case_page import Case
from glsmed.shared.case.plan import PlanFacts, PlanRow, plan
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.yearly import Hospital, ModelName
from glsmed.shared.errors import DataError
from glsmed.shared.metrics.finding_metrics import finding_metrics
from glsmed.shared.pages.spoken import say
from glsmed.shared.protocol.study import Study, load_study

_SEED = 0
_CLIP = 1e-6


@dataclass(frozen=True, slots=True)
class _Tested:
    """The test split, and what each model says of it.

    Attributes:
        truth: ``(N, K)`` of its images.
        places: ``(N,)`` of which examination each image is, counted from 0.
    """

    data: SiteData
    test: Examples
    truth: Tensor
    scores: Mapping[ModelName, Scores]
    places: NDArray[np.intp]

    def columns(self) -> list[int]:
        """The findings whose test images have both classes."""
        both = [(self.truth == value).any(0) for value in (0, 1)]
        return [int(place) for place in torch.nonzero(both[0] & both[1])[:, 0]]

    def judged(self, columns: Sequence[int]) -> Judged:
        """Each examination with its truth, which all its images share."""
        _, first = np.unique(self.places, return_index=True)
        patients = [self.test.patients[place] for place in first]
        return Judged(self.truth[:, columns].double().numpy()[first], patients)

    def alerts(self, model: ModelName, columns: Sequence[int]) -> Flags:
        """``(E, K)`` an examination has an alert if one of its images has; none without an operating point."""
        of_images = (self.scores[model].alerts[:, columns] == 1).numpy()
        found: Flags = np.zeros((self.places.max() + 1, len(columns)), dtype=np.bool_)
        np.logical_or.at(found, self.places, of_images)
        return found


def site_case(config: SiteConfig, prices: Prices) -> Case:
    """The case of one hospital; nothing leaves it.

    Args:
        config: the site.
        prices: its volumes and prices.

    Raises:
        ConfigurationError: study.yaml, the adapter or the data have faults.
        DataError: there is no model, no finding can be judged, or a file is damaged.
        UsageError: the device is not on this machine.
        BusyError: another command writes the state folder.
    """
    study = load_study(config.study)
    with config.state.held(work=f"the case of {config.site}"):
        tested = _test(config, study)
        rows = label_rows(tested.data.inputs)
    columns = tested.columns()
    if not columns:
        raise DataError(
            "no finding can be judged: expected test patients with it and without it, got none; label some test "
            "patients (data.gold in config.yaml), or add patients"
        )
    findings = tuple(study.findings[column] for column in columns)
    rng = np.random.default_rng(_SEED)
    judged = tested.judged(columns)
    draws = PatientDraws(judged, rng)
    hospital = Hospital(
        config.site,
        findings,
        prevalence_draws(rows, tested.data.inputs.gold, findings, prices, rng),
        {name: draws.rates(tested.alerts(name, columns)) for name in tested.scores},
        judged.counts(1),
        judged.counts(0),
    )
    return Case(
        config.site,
        prices,
        [hospital],
        about=_about(config, study, tested),
        left_out={name: say(_ONE_CLASS) for name in study.findings if name not in findings},
        plan=_plan(tested, hospital, prices),
    )


def _test(config: SiteConfig, study: Study) -> _Tested:
    models = site_models(config, study)
    data = prepare_site(read_site_inputs(config, study))
    test = data.splits["test"]
    scores: dict[ModelName, Scores] = {}
    for name, model in models.items():
        with site_predictor(model, config) as predictor:
            scores[name] = predictor.scores(test.images)
    entries = by_split(data.inputs.manifest, config.data.split)["test"]
    _, places = np.unique([entry.study_id for entry in entries], return_inverse=True)
    return _Tested(data, test, reference_labels(test)[0], scores, places)


def site_models(config: SiteConfig, study: Study) -> Mapping[ModelName, ShippedModel]:
    """The models that the site has of the study: its own, and the federation's.

    Raises:
        DataError: there is none, or one is damaged or another site's.
    """
    state, digest = config.state, study.digest()
    folders: Mapping[ModelName, Path] = {"local": state.local_model(digest), "federated": state.shipped_model}
    found = {name: load_site_model(config, path) for name, path in folders.items() if path.is_dir()}
    models = {name: model for name, model in found.items() if model.study == digest}
    if not models:
        raise DataError(
            f"{state.all_models}: expected a model of the study {study.study}, got none: `glsmed-client train-local` "
            "makes one of this site alone, and the end of the study ships the federation's"
        )
    return models


def _about(config: SiteConfig, study: Study, tested: _Tested) -> list[str]:
    _, reference = reference_labels(tested.test)
    lines = [
        say(
            "Rates are measured on {patients} test patients ({examinations} examinations), judged by {reference}.",
            patients=len(set(tested.test.patients)),
            examinations=int(tested.places.max()) + 1,
            reference=say(_REFERENCES[reference]),
        ),
        say(
            "An alert is raised from the threshold on that found {share} % of the present findings among validation "
            "patients. A finding without a threshold raises none.",
            share=f"{100 * config.alert_sensitivity:g}",
        ),
        say("How common findings are: gold labels and reports of all examinations, or the counts in prices.yaml."),
    ]
    silent = {name for scores in tested.scores.values() for name in _silent(scores, study.findings)}
    if silent:
        lines.append(say("Without a threshold: {findings}.", findings=", ".join(sorted(silent))))
    if "local" not in tested.scores:
        lines.append(say("There is no model of this hospital alone: `glsmed-client train-local` makes one."))
    if "federated" not in tested.scores:
        lines.append(say("There is no model of the federation yet: the end of the study ships it."))
    return lines


def _silent(scores: Scores, findings: Sequence[str]) -> list[str]:
    without = torch.isnan(scores.alerts).all(0).tolist()
    return [name for name, is_silent in zip(findings, without, strict=True) if is_silent]


def _plan(tested: _Tested, hospital: Hospital, prices: Prices) -> list[PlanRow]:
    """What the intervals of the better known model need: the federation's, or else the hospital's own."""
    name: ModelName = "federated" if "federated" in tested.scores else "local"
    probabilities, rates = tested.scores[name].probabilities, hospital.models[name]
    measured = finding_metrics(probabilities, tested.truth, tested.test.findings)
    logits = probabilities.double().clamp(_CLIP, 1 - _CLIP).logit().numpy()
    return [
        plan(
            PlanFacts(
                finding,
                hospital.present[place],
                hospital.absent[place],
                prevalence=float(hospital.prevalence[0, place]),
                sensitivity=float(rates.sensitivity[0, place]),
                auroc=measured[finding].get("auroc"),
                logits=logits[:, tested.test.findings.index(finding)],
            ),
            prices.wanted,
        )
        for place, finding in enumerate(hospital.findings)
    ]


_REFERENCES = {"gold": "gold labels", "reports": "what their reports state plainly, since there is no gold"}
_ONE_CLASS = "no test patients with it, or none without it"
