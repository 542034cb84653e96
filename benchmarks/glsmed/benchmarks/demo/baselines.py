"""What the federation is compared with: each hospital's own model, and one trained on all data in one place.

Both get their best chance. The pooled model trains on as many images as all hospitals of the federation together. A
hospital's own model trains until it no longer improves on its validation patients, on no more images than that. All
models share architecture, optimizer settings and output calibration, and keep the round with the lowest validation
log-loss.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import TextIO

import torch

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.evaluation.local_training import LocalResult, numbers_on_test, train_locally
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.resident.preparation import prepare_site
from glsmed.client.settings.config import load_site
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.study import Study

PATIENCE = 3  # rounds without a lower validation log-loss, after which a hospital's own training ends

Numbers = Mapping[str, object]
Splits = Mapping[SplitName, Examples]

_CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Effort:
    """What a model's training took.

    Attributes:
        images: seen in all steps together; an image that comes again counts again.
        steps: gradient steps one after the other; those that hospitals take at the same time count once.
        rounds: trained; each is followed by a look at the validation patients.
        best_round: the one that is kept.
    """

    images: int
    steps: int
    rounds: int
    best_round: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """Numbers on the gold test split of each hospital that the model is meant for."""

    effort: Effort
    at: Mapping[str, Numbers]


def train_baselines(
    folder: DemoFolder, sites: Sequence[str], study: Study, *, tell: Tell
) -> tuple[dict[str, Baseline], Baseline]:
    """The own model of each hospital, each trained in a process of its own, and meanwhile the pooled one.

    Raises:
        GlsmedError: a training failed.
    """
    with ProcessPoolExecutor(len(sites), mp_context=get_context("spawn")) as pool:
        own = {site: pool.submit(train_own, folder, site, local_study(study, sites=len(sites))) for site in sites}
        for site, future in own.items():
            future.add_done_callback(partial(_tell_end, site, tell))
        pooled = train_pooled(folder, sites, pooled_study(study, sites=len(sites)), tell=tell)
        return {site: future.result() for site, future in own.items()}, pooled


def local_study(study: Study, *, sites: int) -> Study:
    """The study as one hospital trains alone: with rounds enough for as many images as all hospitals see together."""
    return _with_training(study, rounds=study.training.rounds * sites)


def pooled_study(study: Study, *, sites: int) -> Study:
    """The study as it is trained in one place: every round takes the steps of all hospitals."""
    return _with_training(study, steps_per_round=study.training.steps_per_round * sites)


def _with_training(study: Study, **changes: int) -> Study:
    return study.model_copy(update={"training": study.training.model_copy(update=changes)})


def train_own(folder: DemoFolder, site: str, study: Study) -> Baseline:
    """What a hospital reaches alone; its rounds are logged in ``<site>-local.log``."""
    torch.set_num_threads(1)  # the hospitals train their own models at the same time
    splits = prepare_site(read_site_inputs(load_site(folder.config(site)), study)).splits
    with (folder.logs / f"{site}-local.log").open("w", encoding="utf-8", buffering=1) as log:
        result = train_locally(
            splits["train"],
            splits["validation"],
            study,
            device=_CPU,
            tell=partial(_write_line, log),
            patience=PATIENCE,
        )
    return Baseline(effort_of(result, study), {site: numbers_on_test(result, splits["test"], device=_CPU)})


def _write_line(log: TextIO, line: str) -> None:
    log.write(f"{line}\n")


def train_pooled(folder: DemoFolder, sites: Sequence[str], study: Study, *, tell: Tell) -> Baseline:
    """What one model reaches at each hospital that was trained on all their data: what no federation is allowed to.

    At each hospital it is given the output calibration that the hospital would fit.
    """
    torch.set_num_threads(1)
    splits = {site: prepare_site(read_site_inputs(load_site(folder.config(site)), study)).splits for site in sites}
    training, validation = (pool([own[name] for own in splits.values()]) for name in ("train", "validation"))
    result = train_locally(training, validation, study, device=_CPU, tell=lambda line: tell(f"pooled {line}"))
    return Baseline(effort_of(result, study), {site: _at_site(result, own, study) for site, own in splits.items()})


def effort_of(result: LocalResult, study: Study) -> Effort:
    """What the training of ``result`` took by this study's settings."""
    steps = result.rounds * study.training.steps_per_round
    images = steps * study.training.batch_size
    return Effort(images=images, steps=steps, rounds=result.rounds, best_round=result.best_round)


def _tell_end(site: str, tell: Tell, done: Future[Baseline]) -> None:
    if done.exception() is None:
        effort = done.result().effort
        tell(f"{site} alone: best round {effort.best_round} of {effort.rounds}")


def _at_site(result: LocalResult, own: Splits, study: Study) -> Numbers:
    output_calibration = calibrate_outputs(
        result.model, own["train"], own["validation"], kind=study.model.calibration_map, device=_CPU
    )
    return numbers_on_test(replace(result, output_calibration=output_calibration), own["test"], device=_CPU)


def pool(parts: Sequence[Examples]) -> Examples:
    """The examples of several sites as one; each image keeps the offset of its site."""
    offsets = [torch.zeros_like(part.targets) if part.offsets is None else part.offsets for part in parts]
    return Examples(
        images=torch.cat([part.images for part in parts]),
        targets=torch.cat([part.targets for part in parts]),
        weights=torch.cat([part.weights for part in parts]),
        gold=torch.cat([part.gold for part in parts]),
        patients=tuple(patient for part in parts for patient in part.patients),
        findings=parts[0].findings,
        offsets=torch.cat(offsets),
    )
