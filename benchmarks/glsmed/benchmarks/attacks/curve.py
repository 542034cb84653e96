"""How many labels a centre reads from one hospital's validation AUROCs, at each bound of its trajectory."""

import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import torch

from glsmed.benchmarks.attacks.asked_site import AskedSite
from glsmed.benchmarks.attacks.head_attack import Design, read_validation
from glsmed.benchmarks.attacks.label_reading import Read, read_labels
from glsmed.benchmarks.federation.built_federation import RunSettings, load_hospital, study_of
from glsmed.benchmarks.federation.local_grid import LocalGrid
from glsmed.benchmarks.simulator.dataset_writer import write_dataset
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.scenarios import scenario_named
from glsmed.benchmarks.simulator.sources import label_of, source_named
from glsmed.client.egress.trajectory import Trajectory
from glsmed.client.evaluation.evaluation import reference_labels
from glsmed.client.resident.tasks import measured_answer
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.study import Study

DESIGNS: tuple[Design, ...] = ("orders", "single")
_SCENARIO = "case-dependent"
_TRAJECTORY_METHODS = ("admit", "admit_peer", "require_training", "trained")


@dataclass(frozen=True, slots=True)
class Setting:
    """A hospital's defences.

    Attributes:
        bound: ``federation.max_round_change``; None: it answers about any model.
        draws: whether its numbers are about drawn patients.
    """

    bound: float | None
    draws: bool

    def __str__(self) -> str:
        bound = "no bound" if self.bound is None else f"bound {self.bound:g}"
        return f"{bound}, {'drawn patients' if self.draws else 'all patients'}"


@dataclass(frozen=True, slots=True)
class Point:
    """What was read in one setting, in one way."""

    setting: Setting
    design: Design
    read: Read
    answers: int
    refused: int


def settings_of(bounds: Sequence[float]) -> list[Setting]:
    """Every bound, and none, with and without drawn patients."""
    return [Setting(bound, draws) for draws in (False, True) for bound in (None, *sorted(bounds, reverse=True))]


def leakage(
    out: Path, settings: Sequence[Setting], *, studies: int, rounds: int, steps: int, seed: int, tell: Tell
) -> Iterator[Point]:
    """What an attacker reads who stays within the bound for all rounds of a study, in each setting.

    Args:
        out: for the hospital's files.
        settings: its defences.
        studies: examinations of the hospital.
        rounds: of the study.
        steps: gradient steps in a round.
        seed: of the patients and the attacker.
        tell: gets a line for each setting.
    """
    hospital_data(out, studies=studies, seed=seed)
    for setting, design in itertools.product(settings, DESIGNS):
        work = out / "work"
        shutil.rmtree(work, ignore_errors=True)
        asked = attacked_site(out, work, setting, rounds=rounds, steps=steps, seed=seed)
        with defences(setting):
            readings = read_validation(asked, rounds=rounds, bound=setting.bound, design=design, seed=seed)
        truth, _ = reference_labels(asked.site.splits["validation"])
        point = Point(
            setting, design, read_labels(readings, truth.double().numpy()), len(readings.aurocs), readings.refused
        )
        read = point.read
        tell(f"{setting}, {design}: {100 * read.accuracy:.1f} % of {read.labels} labels, {read.gain:+.1f} points")
        yield point


def hospital_data(out: Path, *, studies: int, seed: int) -> None:
    """Draw the patients, unless they are there."""
    if (out / "data").is_dir():
        return
    scenario = scenario_named(_SCENARIO)
    hospitals = simulate(source_named("drawn"), scenario, studies=studies, seed=seed)
    write_dataset(out / "data", hospitals, scenario, pixels=label_of("drawn"), seed=seed)


def attacked_site(out: Path, work: Path, setting: Setting, *, rounds: int, steps: int, seed: int) -> AskedSite:
    """The first of the hospitals, asked by this process."""
    run = RunSettings(rounds=rounds, steps_per_round=steps, seed=seed, architecture="resnet10_x0_25")
    study, adapters = study_of(out / "data", run)
    LocalGrid({})  # from now on this process speaks for the centre
    name, adapter = next(iter(adapters.items()))
    return AskedSite(load_hospital(out / "data" / name, work, _with_bound(study, setting.bound), adapter, run))


def defences(setting: Setting) -> ExitStack:
    """The hospital's defences as they are set, while the context lasts; only an experiment can switch one off."""
    stack = ExitStack()
    if setting.bound is None:
        for method in _TRAJECTORY_METHODS:
            stack.enter_context(patch.object(Trajectory, method, lambda *_given, **_named: None))
        stack.enter_context(patch.object(Trajectory, "may_measure", True))
    if not setting.draws:
        stack.enter_context(
            patch.object(measured_answer, "drawn_rows", lambda patients, _key: torch.arange(len(patients)))
        )
    return stack


def _with_bound(study: Study, bound: float | None) -> Study:
    if bound is None:
        return study
    federation = study.federation.model_copy(update={"max_round_change": bound})
    return study.model_copy(update={"federation": federation})


def curve_markdown(points: Sequence[Point]) -> str:
    """The table for people."""
    lines = [
        '| defences | asked for | answers | labels read | of | always "absent" | gain |',
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.setting} | {one.design} | {one.answers} | {100 * one.read.accuracy:.1f} % | {one.read.labels} | "
        f"{100 * one.read.absent:.1f} % | "
        f"{one.read.gain:+.1f} |"
        for one in points
    ]
    return "\n".join(lines) + "\n"
