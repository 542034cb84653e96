"""One run of a study as real processes, from its start to its end: when each round ended, bytes and memory."""

import re
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from glsmed.benchmarks.demo.programs import Programs, require_running
from glsmed.benchmarks.rounds_cost.instruments.line import Lines, Traffic
from glsmed.benchmarks.rounds_cost.instruments.memory import Memory, MemorySampler, memory_of
from glsmed.benchmarks.rounds_cost.instruments.processor import processor_seconds
from glsmed.benchmarks.rounds_cost.settings import RunSettings
from glsmed.benchmarks.rounds_cost.study_set_up import (
    RunFolders,
    approve_roster,
    connect_hospital,
    connect_light_sites,
    set_up_centre,
    set_up_hospitals,
    set_up_light_sites,
)
from glsmed.server.folders.run_folder import RoundRecord, RunFolder, read_status
from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import Child
from glsmed.shared.processes.command_line import Tell

_POLL_SECONDS = 0.02
_SETTLE_SECONDS = 3.0  # after its start, until the centre has nothing left to do
_IDLE_SAMPLES = 10
_START_SECONDS = 120.0
_LONGEST_ROUND_SECONDS = 900.0
_CHECKPOINT = re.compile(r"round-(\d+)\.safetensors")
_NANO = 1e9
_LENGTH_BYTES = 8  # of a safetensors file's header


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """When the checkpoint of a round was in its place, and what had passed and been computed by then."""

    at: float
    traffic: Traffic
    model_bytes: int
    processor_seconds: Mapping[str, float]


@dataclass(slots=True)
class RunRecord:
    """What was seen of one run.

    Attributes:
        ends: the end of each round.
        rounds: the centre's own record of each round that counted.
        idle: the centre's memory before any site is there.
        peak: the sample with the most memory, if memory was sampled.
    """

    ends: dict[int, RoundEnd] = field(default_factory=dict)
    rounds: dict[int, RoundRecord] = field(default_factory=dict)
    idle: list[Memory] = field(default_factory=list)
    peak: Memory | None = None

    @property
    def model_bytes(self) -> int:
        """Bytes of the model's arrays."""
        return next(iter(self.ends.values())).model_bytes

    @property
    def training_seconds(self) -> dict[int, float]:
        """Training of the slowest site in each round, as the sites say."""
        return {number: max(each.site_seconds.values()) for number, each in self.rounds.items()}

    @property
    def idle_bytes(self) -> float:
        """The centre's memory before any site is there."""
        return statistics.median(memory.total for memory in self.idle)

    def cycles(self) -> list[float]:
        """Seconds from the end of each round to that of the next: validation, training and everything between."""
        times = [self.ends[number].at for number in sorted(self.ends)]
        return [later - earlier for earlier, later in pairwise(times)]

    def bytes_of_cycles(self) -> list[int]:
        """Bytes that passed in each cycle, both directions and all sites."""
        passed = [self.ends[number].traffic for number in sorted(self.ends)]
        sums = [traffic.up + traffic.down for traffic in passed]
        return [later - earlier for earlier, later in pairwise(sums)]

    def processors_of_cycles(self) -> dict[str, list[float]]:
        """Processor seconds of each process in each cycle, of those that lived through all."""
        used = [self.ends[number].processor_seconds for number in sorted(self.ends)]
        names = [name for name in used[0] if all(name in each for each in used)]
        return {name: [later[name] - earlier[name] for earlier, later in pairwise(used)] for name in names}

    def rounds_beside_training(self) -> list[float]:
        """Seconds of each round, from its request to its checkpoint, without the slowest site's training."""
        began = {number: datetime.fromisoformat(each.started_at).timestamp() for number, each in self.rounds.items()}
        return [self.ends[number].at - began[number] - self.training_seconds[number] for number in sorted(self.ends)]


def run_federation(
    folder: Path, settings: RunSettings, *, tell: Tell, environment: Mapping[str, str] | None = None
) -> RunRecord:
    """Set up a study in an empty folder, run it to its end, and return what was seen.

    Args:
        folder: where the centre and the sites live.
        settings: what to run.
        tell: gets a line for each step.
        environment: variables for all programs.

    Raises:
        FederationError: a program failed; holds the end of its log.
    """
    folders = RunFolders(folder)
    with ExitStack() as stack:
        programs = stack.enter_context(Programs(folder / "logs", environment=environment))
        tell(f"setting up a study with {settings.sites} sites")
        port = set_up_centre(folders, settings, programs=programs)
        set_up = set_up_light_sites if settings.light else set_up_hospitals
        set_up(folders, settings.site_names, programs=programs)
        if settings.is_masked:
            approve_roster(folders, settings.site_names, programs=programs)
        lines = stack.enter_context(Lines(settings.sites, target_port=port, speed=settings.speed))
        record = RunRecord()
        centre = _start_centre(folders, record, programs=programs)
        sites = _start_sites(folders, settings, lines, programs=programs)
        if settings.sample_memory:
            sampler = stack.enter_context(MemorySampler(centre.process.pid))
        _watch(folders, record, lines, [centre, *sites], rounds=settings.rounds_of_study, tell=tell)
        if settings.sample_memory:
            record.peak = sampler.peak()
    record.rounds = {each.round: each for each in RunFolder(folders.centre.run).rounds() if each.accepted}
    return record


def _start_centre(folders: RunFolders, record: RunRecord, *, programs: Programs) -> Child:
    """Start the centre, wait until it waits for sites, and measure its memory."""
    centre = programs.start("centre", "flwr-server", "--study", str(folders.centre.study_file))
    deadline = time.monotonic() + _START_SECONDS
    while read_status(folders.centre.run) is None:
        require_running([centre])
        if time.monotonic() > deadline:
            raise FederationError(f"the centre did not start; the end of {centre.log}:\n{centre.log_tail()}")
        time.sleep(_POLL_SECONDS)
    time.sleep(_SETTLE_SECONDS)
    for _ in range(_IDLE_SAMPLES):
        record.idle.append(memory_of(centre.process.pid))
        time.sleep(_POLL_SECONDS)
    return centre


def _start_sites(folders: RunFolders, settings: RunSettings, lines: Lines, *, programs: Programs) -> list[Child]:
    ports = dict(zip(settings.site_names, lines.ports, strict=True))
    if settings.light:
        connect_light_sites(folders, ports)
        module = "glsmed.benchmarks.rounds_cost.light_sites.light_site"
        return [programs.start("light-sites", "python", "-m", module, str(folders.light_sites))]
    for site, port in ports.items():
        connect_hospital(folders, site, port=port)
    return [programs.start(site, "glsmed-client", "--site", str(folders.config(site))) for site in ports]


def _watch(
    folders: RunFolders, record: RunRecord, lines: Lines, children: list[Child], *, rounds: int, tell: Tell
) -> None:
    """Note the end of every round until the centre has finished."""
    centre, *sites = children
    last_end = time.monotonic()
    while centre.is_running():
        for number, path in _new_checkpoints(folders, record):
            record.ends[number] = _round_end(path, lines, children)
            last_end = time.monotonic()
            tell(f"round {number} has ended")
        if len(record.ends) < rounds:  # after the last, the centre leaves first, and a light site ends with it
            require_running(sites)
        if time.monotonic() - last_end > _LONGEST_ROUND_SECONDS:
            raise FederationError(f"no round has ended for {_LONGEST_ROUND_SECONDS:.0f} s; {centre.log_tail()}")
        time.sleep(_POLL_SECONDS)
    if centre.process.returncode != 0:
        raise FederationError(f"the centre failed; the end of {centre.log}:\n{centre.log_tail()}")


def _new_checkpoints(folders: RunFolders, record: RunRecord) -> Iterator[tuple[int, Path]]:
    """The checkpoints that were not there at the last look; that of round 0 is no round's."""
    for path in sorted((folders.centre.run / "checkpoints").glob("round-*.safetensors")):
        name = _CHECKPOINT.fullmatch(path.name)
        number = int(name.group(1)) if name else 0
        if number and number not in record.ends:
            yield number, path


def _round_end(checkpoint: Path, lines: Lines, children: Sequence[Child]) -> RoundEnd:
    return RoundEnd(
        at=checkpoint.stat().st_ctime_ns / _NANO,  # when it was renamed into its place
        traffic=lines.traffic(),
        model_bytes=_array_bytes(checkpoint),
        processor_seconds=processor_seconds(child.process.pid for child in children),
    )


def _array_bytes(checkpoint: Path) -> int:
    """Bytes of the arrays in a safetensors file: all but its header."""
    with checkpoint.open("rb") as source:
        header = int.from_bytes(source.read(_LENGTH_BYTES), "little")
    return checkpoint.stat().st_size - header - _LENGTH_BYTES
