"""``flwr-server --study``: keep a study's processes alive until its last round is done.

    supervisor ── SuperLink (two listeners, sqlite) ── hospitals
         └─────── round process (round loop) ── run folder: status.json, metrics, checkpoints

Each part may be killed at any time: the SuperLink is started again on its database, the round process is started
again, and its run is stopped, submitted again, and continues after its last checkpoint.
"""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from glsmed.server.admission.quorum import quorum_shortfall
from glsmed.server.admission.registry import read_registry
from glsmed.server.flower.control import Control, RunStatus
from glsmed.server.flower.settings import LOOPBACK
from glsmed.server.folders.checkpoints import CheckpointFolder
from glsmed.server.folders.lineage import digests_of_run
from glsmed.server.folders.run_folder import RunState, State, end_status, read_status, remove_status
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.monitor import monitored
from glsmed.server.processes.report_writing import write_report
from glsmed.server.processes.site_certification import certify_sites
from glsmed.server.processes.site_keys import SiteKeys
from glsmed.shared.errors import FederationError, GlsmedError, UsageError
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.processes.children import (
    QUIET_FLOWER,
    Child,
    plain_variables,
    require_free_port,
    start_child,
    stop_children,
)
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.processes.log_files import LogKeeper
from glsmed.shared.protocol.bundle import bundle_bytes

_POLL_SECONDS = 0.5
_START_SECONDS = 60.0
_MOST_RESTARTS = 10
_MOST_RUNS = 5
_LOOK_EVERY_SECONDS = 5.0
_INTERRUPTED: tuple[State, str] = ("interrupted", "flwr-server was stopped: start it again to go on")
_PROGRAMS = {
    "superlink": "glsmed.server.processes.superlink_process",
    "rounds": "glsmed.server.processes.round_process",
}
_SMALL = {"MALLOC_ARENA_MAX": "2"}  # glibc keeps what many threads have freed in as many arenas


class StudySupervisor:
    """Runs one study to its end.

    Args:
        study_file: the study's.
        tell: gets one line for each thing that a person wants to know.
        ca_passphrase: of an encrypted authority's key; needed when the server certificate must be renewed.
    """

    def __init__(self, study_file: Path, *, tell: Tell, ca_passphrase: bytes | None = None) -> None:
        self._ca_passphrase = ca_passphrase
        self._folder = StudyFolder(study_file)
        self._study = self._folder.study()
        self._tell = tell
        self._link = self._folder.link_settings(self._study)
        self._children: dict[str, Child] = {}
        self._restarts = 0
        self._runs_started = 0
        self._keys = SiteKeys(self._folder, quorum=self._study.federation.quorum, tell=tell)
        self._logs = LogKeeper(self._folder.logs, tell=tell)

    @property
    def run_folder(self) -> Path:
        """Where the results are."""
        return self._folder.run

    def run(self) -> None:
        """Run the study until it has finished.

        Raises:
            UsageError: fewer sites are admitted than the quorum needs.
            FederationError: the study is already running, a port is taken, a part keeps dying, or the study failed.
        """
        self._folder.prepare_state()
        with exclusive_lock(self._folder.lock, work=f"flwr-server for the study {self._study.study}"):
            self._check_before_start()
            self._folder.renew_for_this_start(self._study, ca_passphrase=self._ca_passphrase)
            certify_sites(self._folder, passphrase=self._ca_passphrase, tell=self._tell)
            self._make_first_model()
            with monitored(self._folder, self._study, tell=self._tell), self._status_kept_true():
                control = self._start_link()
                self._start("rounds")
                self._follow(control)

    @contextmanager
    def _status_kept_true(self) -> Iterator[None]:
        """Stop every process when the block ends, and let the status say why if the study has not ended."""
        state, message = _INTERRUPTED
        try:
            yield
        except GlsmedError as error:
            state, message = "failed", str(error)
            raise
        finally:
            stop_children(list(self._children.values()))
            end_status(self._folder.run, state, message)
            if _ended(self._folder.run):
                write_report(self._folder, tell=self._tell)

    def _check_before_start(self) -> None:
        registry = read_registry(self._folder.sites)
        shortfall = quorum_shortfall(registry, self._study.federation.quorum)
        if shortfall:
            raise UsageError("\n".join([shortfall, *registry.faults.values()]))
        require_free_port(self._link.public_host, self._link.public_port, purpose="centre.port, for hospitals")
        require_free_port(LOOPBACK, self._link.loopback_port, purpose="centre.loopback_port, for this machine")

    def _make_first_model(self) -> None:
        """Let a process of its own make the model that the study begins with, and check the last one that there is.

        Raises:
            FederationError: the disk is full, or a checkpoint is damaged or of another study.
        """
        checkpoints = CheckpointFolder(self._folder.run / "checkpoints")
        if not checkpoints.path(0).is_file():
            self._tell("making the model that the study begins with")
            program = [sys.executable, "-m", "glsmed.server.processes.first_model", str(self._folder.study_file)]
            done = subprocess.run(program, capture_output=True, text=True, check=False)  # noqa: S603  # our own program
            if done.returncode:
                raise FederationError(f"the first model could not be made:\n{done.stderr}")
        checkpoints.require_study(digests_of_run(self._folder.run, self._study))

    def _start_link(self) -> Control:
        """Start the SuperLink, register every admitted key, then open its public listener."""
        self._start("superlink")
        self._wait_for_link()
        control = Control(self._link)
        self._keys.take_up(control)
        self._children["superlink"].process.send_signal(signal.SIGUSR1)
        names = ", ".join(self._study.centre.public_names)
        self._tell(
            f"listening on {self._link.public_host}:{self._link.public_port} for hospitals (TLS, known as {names})"
        )
        return control

    def _start(self, name: str) -> None:
        environment = {
            **QUIET_FLOWER,
            **_SMALL,
            "FLWR_HOME": str(self._folder.flower_home),
            **self._folder.environment(),
        }
        command = child_command(name, self._folder.study_file)
        self._children[name] = start_child(
            name,
            command,
            log=self._folder.log(name),
            environment=environment,
            inherited=plain_variables(os.environ),
        )

    def _wait_for_link(self) -> None:
        child = self._children["superlink"]
        deadline = time.monotonic() + _START_SECONDS
        while not self._link_answers():
            if not child.is_running() or time.monotonic() > deadline:
                raise FederationError(f"the SuperLink did not start; the end of {child.log}:\n{child.log_tail()}")
            time.sleep(_POLL_SECONDS / 5)

    def _link_answers(self) -> bool:
        try:
            trusted = ssl.create_default_context(cafile=self._link.ca_certificate)
            answer = httpx.get(f"https://{self._link.loopback_address}/health", verify=trusted)
        except httpx.TransportError:
            return False
        return answer.is_success

    def _follow(self, control: Control) -> None:
        """Tell the run's progress and restart what dies, until the study has finished or failed."""
        for run in control.runs():
            if not run.is_finished:
                control.stop_run(run.run_id)
        run_id = self._submit(control, after="")
        shown: RunState | None = None
        look_due = time.monotonic() + _LOOK_EVERY_SECONDS
        while True:
            time.sleep(_POLL_SECONDS)
            self._logs.look()
            revived = self._revive()
            shown = self._show(shown)
            if shown is not None and shown.state == "finished":
                return
            if shown is not None and shown.state == "failed":
                raise FederationError(f"the study failed: {shown.message}")
            is_killed, is_due = "rounds" in revived, time.monotonic() > look_due
            if is_killed or is_due:  # seldom: each question costs the SuperLink as much as a part of a model
                run_id = self._resubmit_if_dead(control, run_id, is_killed=is_killed)
            if is_due:
                self._keys.take_up_quietly(control)
                look_due = time.monotonic() + _LOOK_EVERY_SECONDS

    def _submit(self, control: Control, *, after: str) -> int:
        """Start a run; ``after`` says how the one before ended."""
        if self._runs_started == _MOST_RUNS:
            log = self._folder.log("serverapp")
            raise FederationError(f"the ServerApp died {_MOST_RUNS} times, the last time with: {after}; see {log}")
        remove_status(self._folder.run)
        self._runs_started += 1
        return control.start_run(bundle_bytes())

    def _resubmit_if_dead(self, control: Control, run_id: int, *, is_killed: bool) -> int:
        """Submit a run again that has failed, or whose process was killed: Flower would see that after a minute."""
        status = _status_of(control, run_id)
        if is_killed and status is not None and not status.is_finished:
            control.stop_run(run_id)
            status = _status_of(control, run_id)
        if status is None or not status.is_finished or _ended(self._folder.run):
            return run_id
        reason = f"{status.sub_status}: {status.details}"
        self._tell(f"the ServerApp ended without finishing ({reason}); starting it again")
        return self._submit(control, after=reason)

    def _revive(self) -> frozenset[str]:
        """Restart what has died, the SuperLink first, since the others talk to it; returns what was restarted."""
        dead = [name for name in _PROGRAMS if not self._children[name].is_running()]
        for name in dead:
            self._revive_one(name)
        return frozenset(dead)

    def _revive_one(self, name: str) -> None:
        child = self._children[name]
        self._restarts += 1
        if self._restarts > _MOST_RESTARTS:
            raise FederationError(f"{name} keeps dying; the end of {child.log}:\n{child.log_tail()}")
        self._tell(f"{name} died (exit code {child.process.returncode}); starting it again")
        if name == "superlink":
            self._start_link()
        else:
            self._start(name)

    def _show(self, shown: RunState | None) -> RunState | None:
        state = read_status(self._folder.run)
        for message in state.messages_after(shown) if state is not None else ():
            self._tell(message)
        return state


def _ended(run_folder: Path) -> bool:
    state = read_status(run_folder)
    return state is not None and state.state in ("finished", "failed")


def _status_of(control: Control, run_id: int) -> RunStatus | None:
    try:
        return next((run for run in control.runs() if run.run_id == run_id), None)
    except FederationError:
        return None  # the SuperLink is restarting; ask again at the next poll


def child_command(name: str, study_file: Path) -> list[str]:
    """The command line of a child process."""
    return [sys.executable, "-m", _PROGRAMS[name], str(study_file)]
