"""At which stage of a round a real federation is, as seen from outside; and kill -9 of any of its processes there."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from glsmed.server.folders.run_folder import RunFolder, read_status

from .conftest import SITES, Federation, Program, edit_yaml, make_federation
from .site_line import SiteLine

STAGES = ("training", "upload", "aggregation", "checkpoint")
CENTRE_PROCESSES = ("supervisor", "SuperLink", "round process")
SITE_PROCESSES = ("site supervisor", "SuperNode", "resident")
_LOOK_SECONDS = 0.0005
_STAGE_SECONDS = 400.0
_NEARLY_ALL = 0.95
_BYTES_PER_SECOND = 15e6
_ALL = 0.999  # the headers of checkpoints differ by some bytes
_MIDDLE = 0.8


def processes(pattern: str) -> list[int]:
    """The processes whose command line matches."""
    listed = subprocess.run(["ps", "-eww", "-o", "pid,args"], capture_output=True, text=True, check=True).stdout
    lines = (line.strip().split(None, 1) for line in listed.splitlines()[1:])
    return [int(pid) for pid, arguments in lines if re.search(pattern, arguments)]


def kill_all(folder: Path) -> None:
    """kill -9 of every process that was started with a path below the folder."""
    for pid in processes(re.escape(f"{folder}/")):
        with suppress(ProcessLookupError):  # it ended with another one
            os.kill(pid, signal.SIGKILL)


@dataclass
class Running:
    """A federation whose centre and sites run, with the first site behind a line that is slow enough to be watched."""

    federation: Federation
    line: SiteLine
    centre: Program
    sites: dict[str, Program]
    _passed: tuple[int, int] = field(default=(0, 0), init=False)  # up and down, when the round was asked for

    @property
    def run(self) -> Path:
        return self.federation.study_file.parent / "run"

    def process(self, name: str) -> int:
        """The process id of one of the parts, once it runs; of a site's parts, the first site's."""
        own = {"supervisor": self.centre, "site supervisor": self.sites[SITES[0]]}
        if name in own:
            return own[name].process.pid
        study, config = (
            re.escape(str(path)) for path in (self.federation.study_file, self.federation.config(SITES[0]))
        )
        patterns = {
            "SuperLink": rf"superlink_process {study}",
            "round process": rf"round_process {study}",
            "resident": rf"client\.resident {config}",
            "SuperNode": rf"supernode_process .*localhost:{self.line.port} ",
        }
        self._wait(lambda: bool(processes(patterns[name])), f"{name} does not run", seconds=_STAGE_SECONDS)
        (pid,) = processes(patterns[name])
        return pid

    def start_again(self, name: str) -> None:
        """Start what only a person or systemd starts again, once all that it had started is gone."""
        if name == "supervisor":
            self._wait_until_gone(rf"(superlink_process|round_process) {re.escape(str(self.federation.study_file))}")
            self.centre = self.federation.start_centre()
        if name == "site supervisor":
            self._wait_until_gone(re.escape(str(self.federation.config(SITES[0]).parent)) + "/")
            self.sites[SITES[0]] = self.federation.start_site(SITES[0])

    def _wait_until_gone(self, pattern: str) -> None:
        self.centre.process.poll()  # whoever is not waited for stays in the list
        self.sites[SITES[0]].process.poll()
        self._wait(lambda: not processes(pattern), f"still running: {pattern}", seconds=60)

    def last_round(self) -> int:
        """The last round that has a checkpoint."""
        return RunFolder(self.run).checkpoints.latest() or 0

    def wait_for_round(self, number: int, *, seconds: float) -> None:
        """Wait until the round has its checkpoint."""
        self._wait(lambda: self.last_round() >= number, f"round {number} has no checkpoint", seconds=seconds)

    def wait_for_stage(self, stage: str) -> int:
        """Wait for the stage; where it is one of the round process's own, hold that in it. Returns the round."""
        held = self.process("round process") if stage in ("aggregation", "checkpoint") else None
        deadline = time.monotonic() + _STAGE_SECONDS
        while time.monotonic() < deadline:
            number = self._wait_for_request()
            while not self._is_at(stage, number) and self.last_round() < number:
                time.sleep(_LOOK_SECONDS)
            if held is not None:
                os.kill(held, signal.SIGSTOP)
            if self._is_at(stage, number):
                return number
            self.let_go()  # it was over before it was seen: the next round
        raise AssertionError(f"no round was seen in {stage}:\n{self.centre.output()}")

    def let_go(self) -> None:
        """Let the round process go on, if it still is there."""
        for pid in processes(rf"round_process {re.escape(str(self.federation.study_file))}"):
            os.kill(pid, signal.SIGCONT)

    def _wait_for_request(self) -> int:
        """Wait until a round that has no checkpoint is asked for; from then on the line's bytes are its."""
        number = self.last_round() + 1
        self._wait(lambda: self._is_asked(number), f"round {number} was not asked for", seconds=_STAGE_SECONDS)
        self._passed = (self.line.up, self.line.down)
        return number

    def _is_at(self, stage: str, number: int) -> bool:
        if stage == "training":
            return self._sent() > _NEARLY_ALL and self._came() < 1 - _NEARLY_ALL
        if stage == "upload":
            return 1 - _MIDDLE < self._came() < _MIDDLE
        written = self._written(number)
        return written > _ALL if stage == "checkpoint" else 0 < written < _ALL

    def _is_asked(self, number: int) -> bool:
        status = read_status(self.run)
        return status is not None and f"round {number} of" in status.message and ": training at" in status.message

    def _model_bytes(self) -> int:
        return RunFolder(self.run).checkpoints.path(0).stat().st_size

    def _came(self) -> float:
        """Which share of the first site's update has left it."""
        return (self.line.up - self._passed[0]) / self._model_bytes()

    def _sent(self) -> float:
        """Which share of the model has reached the first site."""
        return (self.line.down - self._passed[1]) / self._model_bytes()

    def _written(self, number: int) -> float:
        """Which share of the next checkpoint is in its temporary file."""
        for path in (self.run / "checkpoints").glob(f".round-{number:04d}.safetensors.*"):
            try:
                return path.stat().st_size / self._model_bytes()
            except FileNotFoundError:
                return 0.0
        return 0.0

    def _wait(self, is_so: Callable[[], bool], otherwise: str, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"{otherwise}:\n{self.centre.output()}"
            time.sleep(0.02)


@contextmanager
def running_federation(root: Path, *, rounds: int) -> Iterator[Running]:
    """A federation whose first round is done, stopped as the block ends."""
    federation = make_federation(root, rounds=rounds)
    with SiteLine(federation.port, bytes_per_second=_BYTES_PER_SECOND) as line:
        centre = {"address": f"localhost:{line.port}", "ca_certificate": "ca.crt"}
        edit_yaml(federation.config(SITES[0]), lambda content: content.update(centre=centre))
        try:
            started = federation.start_centre()
            started.wait_for("listening on", seconds=_STAGE_SECONDS)
            made = Running(federation, line, started, {site: federation.start_site(site) for site in SITES})
            made.wait_for_round(1, seconds=2 * _STAGE_SECONDS)
            yield made
            made.let_go()
        finally:
            federation.stop()
