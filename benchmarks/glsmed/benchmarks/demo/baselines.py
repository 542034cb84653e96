"""What the federation is compared with: each hospital's own model, and one trained on all data in one place.

Both get their best chance. The pooled model trains on as many images as all hospitals of the federation together. A
hospital's own model trains until it no longer improves on its validation patients, on no more images than that. All
models share architecture, optimizer settings and output calibration, and keep the round with the lowest validation
log-loss.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.programs import Programs
from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.evaluation.local_training import LocalResult, numbers_on_test, train_locally
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.resident.preparation import prepare_site
from glsmed.client.settings.config import load_site
from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import Child
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.study import Study

PATIENCE = 4  # rounds without a lower validation log-loss, after which a hospital's own training ends

Numbers = Mapping[str, object]
Splits = Mapping[SplitName, Examples]

_CPU = torch.device("cpu")
_POLL_SECONDS = 0.3


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


def start_local(folder: DemoFolder, sites: Sequence[str], study: Study, *, programs: Programs) -> dict[str, Child]:
    """Let every hospital train its own model with its own command, each in a process of its own."""
    bounds = ("--rounds", str(study.training.rounds * len(sites)), "--patience", str(PATIENCE))
    return {
        site: programs.start(
            f"{site}-local",
            *("glsmed-client", "--site", str(folder.config(site))),
            *("train-local", "--out", str(folder.local_result(site)), *bounds),
        )
        for site in sites
    }


def collect_local(folder: DemoFolder, children: Mapping[str, Child], study: Study) -> dict[str, Baseline]:
    """What each hospital's own model reached, once all are done.

    Raises:
        FederationError: one of them failed.
    """
    while any(child.is_running() for child in children.values()):
        time.sleep(_POLL_SECONDS)
    return {site: _own(folder.local_result(site), site, child, study) for site, child in children.items()}


def _own(result_file: Path, site: str, child: Child, study: Study) -> Baseline:
    if child.process.returncode != 0:
        raise FederationError(f"{child.name} failed; the end of {child.log}:\n{child.log_tail()}")
    numbers = json.loads(result_file.read_text(encoding="utf-8"))
    return Baseline(effort_of(study, rounds=numbers["rounds"], best_round=numbers["best_round"]), {site: numbers})


def pooled_study(study: Study, *, sites: int) -> Study:
    """The study as it is trained in one place: every round takes the steps of all hospitals."""
    steps = study.training.steps_per_round * sites
    return study.model_copy(update={"training": study.training.model_copy(update={"steps_per_round": steps})})


def train_pooled(folder: DemoFolder, sites: Sequence[str], study: Study, *, tell: Tell) -> Baseline:
    """What one model reaches at each hospital that was trained on all their data: what no federation is allowed to.

    At each hospital it is given the output calibration that the hospital would fit.
    """
    torch.set_num_threads(1)  # the hospitals train their own models at the same time
    splits = {site: prepare_site(read_site_inputs(load_site(folder.config(site)), study)).splits for site in sites}
    training, validation = (pool([own[name] for own in splits.values()]) for name in ("train", "validation"))
    result = train_locally(training, validation, study, device=_CPU, tell=lambda line: tell(f"pooled {line}"))
    effort = effort_of(study, rounds=result.rounds, best_round=result.best_round)
    return Baseline(effort, {site: _at_site(result, own, study) for site, own in splits.items()})


def effort_of(study: Study, *, rounds: int, best_round: int) -> Effort:
    """What so many rounds took by this study's settings."""
    steps = rounds * study.training.steps_per_round
    return Effort(images=steps * study.training.batch_size, steps=steps, rounds=rounds, best_round=best_round)


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
