"""One training: a strategy, the hospitals' own models, or a pooled one, and what it says of every test examination."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from glsmed.benchmarks.demo.baselines import PATIENCE, pool
from glsmed.benchmarks.federation.built_federation import RunSettings, load_hospital, study_of
from glsmed.benchmarks.federation.local_grid import run_in_process
from glsmed.benchmarks.strategies.catalogue import BASELINES, LOCAL, study_with
from glsmed.benchmarks.strategies.earlier_study import study_from
from glsmed.client.evaluation.local_training import train_locally
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.training.steps.training import predict_logits
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.protocol.study import Study

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Job:
    """A training with the data and the first weights of a seed."""

    name: str
    seed: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What a training says of the M test examinations of a hospital, and what is true; both ``(M, K)``, NaN unknown."""

    probability: Table
    truth: Table


@dataclass(frozen=True, slots=True)
class Trained:
    """The answers by hospital, and the rounds that they come from."""

    answers: Mapping[str, Answers]
    best_rounds: Mapping[str, int]


def run_job(job: Job, data: Path, work: Path, settings: RunSettings, *, weights: Path | None = None) -> Trained:
    """Train and answer; ``work`` is made for it and removed.

    Args:
        job: what is trained.
        data: the data set of its seed.
        work: where its hospitals lie.
        settings: how they train.
        weights: of an earlier study, for a job that starts from them.
    """
    study, adapters = study_of(data, replace(settings, seed=job.seed))
    study = study if job.name in BASELINES else study_with(study, job.name)
    try:
        if weights is not None:
            study = study_from(study, weights)
            _lay_out(weights, work, adapters)
        sites = {name: load_hospital(data / name, work, study, adapter, settings) for name, adapter in adapters.items()}
        return train_sites(job.name, study, sites, RunFolder(work / "run"))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def train_sites(name: str, study: Study, sites: Mapping[str, SiteRuntime], run: RunFolder) -> Trained:
    """The hospitals train together, each alone, or pooled, and answer for their test patients.

    Args:
        name: ``local``, ``pooled``; anything else is a federation by the study.
        study: how they train.
        sites: as their own processes hold them.
        run: the centre's folder.
    """
    if name not in BASELINES:
        return _together(study, sites, run)
    return _alone(study, sites) if name == LOCAL else _pooled(study, sites)


def _lay_out(weights: Path, work: Path, sites: Iterable[str]) -> None:
    """Put the weights where centre and hospitals look for them: beside study.yaml."""
    for folder in (work, *(work / "hospitals" / name for name in sites)):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(weights, folder / weights.name)


def _together(study: Study, sites: Mapping[str, SiteRuntime], run: RunFolder) -> Trained:
    """The run's best round, as each hospital ships it."""
    best = int(str(run_in_process(study, sites, run, beside=run.root.parent)["best_round"]))
    shared, answers = run.checkpoints.load(best, study_digests=[study.digest()]).model.arrays(), {}
    for name, site in sites.items():
        site.strategy.load(shared, after_round=best)
        curves = site.strategy.to_ship(site.splits, _curves(site, site.model))
        answers[name] = _answers(site, site.model, curves)
    return Trained(answers, dict.fromkeys(sites, best))


def _alone(study: Study, sites: Mapping[str, SiteRuntime]) -> Trained:
    """Each hospital's own model, which may train as long as all hospitals together and stops where it gets worse."""
    longer, answers, rounds = _as_long_as_all(study, len(sites)), {}, {}
    for name, site in sites.items():
        parts = site.splits["train"], site.splits["validation"]
        own = train_locally(*parts, longer, device=site.device, tell=_nobody, patience=PATIENCE)
        answers[name], rounds[name] = _answers(site, own.model, own.output_calibration), own.best_round
    return Trained(answers, rounds)


def _pooled(study: Study, sites: Mapping[str, SiteRuntime]) -> Trained:
    """One model on the data of all, with as many images as the federation sees, looked at as often for each of them."""
    training, validation = (pool([site.splits[split] for site in sites.values()]) for split in ("train", "validation"))
    device, longer = next(iter(sites.values())).device, _as_long_as_all(study, len(sites))
    one = train_locally(training, validation, longer, device=device, tell=_nobody)
    answers = {name: _answers(site, one.model, _curves(site, one.model)) for name, site in sites.items()}
    return Trained(answers, dict.fromkeys(sites, one.best_round))


def _as_long_as_all(study: Study, sites: int) -> Study:
    """The study with as many rounds as give one model the steps of all hospitals."""
    training = study.training.model_copy(update={"rounds": study.training.rounds * sites})
    return study.model_copy(update={"training": training})


def _curves(site: SiteRuntime, model: torch.nn.Module) -> OutputCalibration:
    splits, kind = site.splits, site.study.model.calibration_map
    return calibrate_outputs(model, splits["train"], splits["validation"], kind=kind, device=site.device)


def _answers(site: SiteRuntime, model: torch.nn.Module, curves: OutputCalibration) -> Answers:
    test = site.splits["test"]
    probability = curves.probabilities(predict_logits(model, test, device=site.device))
    return Answers(probability.double().numpy(), test.gold.double().numpy())


def _nobody(_line: str) -> None:
    """Baselines tell nobody of their rounds."""
