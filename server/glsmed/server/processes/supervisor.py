"""``flwr-server --study``: keep a study's processes alive until its last round is done.

    supervisor ── SuperLink (two listeners, sqlite) ── hospitals
         └─────── round process (round loop) ── run folder: status.json, metrics, checkpoints

Each part may be killed at any time: the SuperLink is started again on its database, the round process is started
again, and its run is stopped, submitted again, and continues after its last checkpoint.
"""

import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx

from glsmed.server.flower.control import Control, RunStatus, node_key
from glsmed.server.flower.settings import LOOPBACK
from glsmed.server.folders.checkpoints import CheckpointFolder
from glsmed.server.folders.lineage import digests_of_run
from glsmed.server.folders.registry import admitted_sites
from glsmed.server.folders.run_folder import RunState, read_status, remove_status
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import FederationError, GlsmedError, UsageError
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.processes.children import (
    QUIET_FLOWER,
    Child,
    require_free_port,
    start_child,
    stop_children,
)
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.bundle import bundle_bytes

_POLL_SECONDS = 0.5
_START_SECONDS = 60.0
_MOST_RESTARTS = 10
_MOST_RUNS = 5
_REGISTRY_EVERY_SECONDS = 5.0
_PROGRAMS = {
    "superlink": "glsmed.server.processes.superlink_process",
    "rounds": "glsmed.server.processes.round_process",
}
_SMALL = {"MALLOC_ARENA_MAX": "2"}  # glibc keeps what many threads have freed in as many arenas


class StudySupervisor:
    """Runs one study to its end; ``tell`` gets one line for each thing that a person wants to know."""

    def __init__(self, study_file: Path, *, tell: Tell) -> None:
        self._folder = StudyFolder(study_file)
        self._study = self._folder.study()
        self._tell = tell
        self._link = self._folder.link_settings(self._study)
        self._children: dict[str, Child] = {}
        self._restarts = 0
        self._runs_started = 0
        self._registry_trouble = ""

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
            self._folder.renew_for_this_start(self._study)
            self._make_first_model()
            try:
                control = self._start_link()
                self._start("rounds")
                self._follow(control)
            finally:
                stop_children(list(self._children.values()))

    def _check_before_start(self) -> None:
        admitted = admitted_sites(self._folder.sites)
        quorum = self._study.federation.quorum
        if len(admitted) < quorum:
            raise UsageError(
                f"{len(admitted)} site(s) admitted ({', '.join(admitted) or 'none'}), the quorum is {quorum}: "
                "admit the hospitals' requests first: flwr-server admit request.yaml --study study.yaml"
            )
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
        self._register_sites(control)
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
        self._children[name] = start_child(name, command, log=self._folder.log(name), environment=environment)

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

    def _register_sites(self, control: Control) -> None:
        """Make the SuperLink's keys match the registry's, and write which node is which site."""
        admitted = {node_key(request.public_key): request for request in admitted_sites(self._folder.sites).values()}
        nodes = {node.public_key: node.node_id for node in control.nodes()}
        for key, node_id in list(nodes.items()):
            if key not in admitted:
                control.unregister(node_id)
                self._tell(f"node {node_id} is no longer admitted: its key is withdrawn")
                del nodes[key]
        for key, request in admitted.items():
            if key not in nodes:
                nodes[key] = control.register(request.public_key, site=request.site)
                self._tell(f"{request.site} may join")
        self._folder.keep_site_by_node({node_id: admitted[key].site for key, node_id in nodes.items()})

    def _follow(self, control: Control) -> None:
        """Tell the run's progress and restart what dies, until the study has finished or failed."""
        for run in control.runs():
            if not run.is_finished:
                control.stop_run(run.run_id)
        run_id = self._submit(control, after="")
        shown: RunState | None = None
        registry_due = time.monotonic() + _REGISTRY_EVERY_SECONDS
        while True:
            time.sleep(_POLL_SECONDS)
            revived = self._revive()
            shown = self._show(shown)
            if shown is not None and shown.state == "finished":
                return
            if shown is not None and shown.state == "failed":
                raise FederationError(f"the study failed: {shown.message}")
            run_id = self._resubmit_if_dead(control, run_id, is_killed="rounds" in revived)
            if time.monotonic() > registry_due:
                self._register_sites_quietly(control)
                registry_due = time.monotonic() + _REGISTRY_EVERY_SECONDS

    def _register_sites_quietly(self, control: Control) -> None:
        """Register who was admitted since; a broken file in ``sites`` must not end a running study."""
        trouble = ""
        try:
            self._register_sites(control)
        except GlsmedError as error:
            trouble = f"the registry cannot be read, so the admitted sites stay as they were: {error}"
        if trouble and trouble != self._registry_trouble:
            self._tell(trouble)
        self._registry_trouble = trouble

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
        if state is not None and state.message and (shown is None or state.message != shown.message):
            self._tell(state.message)
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
