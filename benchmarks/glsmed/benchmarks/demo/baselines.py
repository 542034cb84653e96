"""What the federation is measured against: each hospital's own model, and one trained on all data in one place."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.programs import Programs
from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.evaluation.local_training import LocalResult, numbers_on_test, train_locally
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.settings.config import load_site
from glsmed.client.site.preparation import prepare_site
from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import Child
from glsmed.shared.protocol.study import Study

Report = Callable[[str], None]
Numbers = Mapping[str, object]
Splits = Mapping[SplitName, Examples]

_CPU = torch.device("cpu")
_POLL_SECONDS = 0.3


def start_local(folder: DemoFolder, sites: Sequence[str], *, programs: Programs) -> list[Child]:
    """Let every hospital train its own model, each in a process of its own."""
    return [
        programs.start(
            f"{site}-local",
            *("glsmed-client", "--site", str(folder.config(site))),
            *("train-local", "--out", str(folder.local_result(site))),
        )
        for site in sites
    ]


def collect_local(folder: DemoFolder, sites: Sequence[str], children: Sequence[Child]) -> dict[str, Numbers]:
    """What each hospital's own model reached, once all are done.

    Raises:
        FederationError: one of them failed.
    """
    while any(child.is_running() for child in children):
        time.sleep(_POLL_SECONDS)
    for child in children:
        if child.process.returncode != 0:
            raise FederationError(f"{child.name} failed; the end of {child.log}:\n{child.log_tail()}")
    return {site: json.loads(folder.local_result(site).read_text(encoding="utf-8")) for site in sites}


def train_pooled(folder: DemoFolder, sites: Sequence[str], study: Study, *, report: Report) -> dict[str, Numbers]:
    """What one model reaches at each hospital that was trained on all their data: what no federation is allowed to.

    It takes as many gradient steps as each hospital does, from batches of the same size, and at each hospital it is
    given the calibration map that the hospital would fit.
    """
    torch.set_num_threads(1)  # the hospitals train their own models at the same time
    splits = {site: prepare_site(read_site_inputs(load_site(folder.config(site)), study)).splits for site in sites}
    training, validation = (pool([own[name] for own in splits.values()]) for name in ("train", "validation"))
    result = train_locally(training, validation, study, device=_CPU, tell=report)
    return {site: _at_site(result, own, study) for site, own in splits.items()}


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
