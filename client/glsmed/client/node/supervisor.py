"""``glsmed-client --site``: keeps a hospital's two processes alive until someone stops it.

supervisor ── resident   (data, device, adapter, egress policy; runs the installed ClientApp)
     └─────── SuperNode  (outbound TLS to the centre; hands tasks to the resident over loopback)
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from glsmed.client.monitoring.site_monitor import SiteMonitor
from glsmed.client.node.flower_node import probe_centre, supernode_arguments
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.shared.errors import FederationError
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.processes.children import QUIET_FLOWER, Child, free_port, start_child, stop_children
from glsmed.shared.processes.command_line import Tell

_POLL_SECONDS = 0.5
_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 60.0
_HEALTHY_SECONDS = 300.0
_MOST_DEATHS = 5


class SiteSupervisor:
    """Runs one hospital's side; ``tell`` gets one line for everything that a person wants to know."""

    def __init__(self, config_file: Path, *, tell: Tell) -> None:
        self._config_file = config_file.resolve()
        self._config: SiteConfig = load_site(self._config_file)
        self._tell = tell
        self._children: dict[str, Child] = {}
        self._deaths: list[float] = []
        self._monitor = SiteMonitor(self._config, tell=tell)

    def run(self) -> None:
        """Take part until interrupted.

        Raises:
            FederationError: the site runs already, the centre refuses it, or one of our processes keeps dying.
        """
        state = self._config.state
        state.prepare()
        with exclusive_lock(state.lock, work=f"glsmed-client for {self._config.site}"), self._monitor.running():
            state.write_new_secret()
            self._take_part(NodeSettings.of(self._config, runtime_port=free_port()))

    def _take_part(self, settings: NodeSettings) -> None:
        wait_for_centre(settings, tell=self._tell)
        try:
            self._start_resident(settings)
            self._start_supernode(settings)
            self._tell(f"{self._config.site} takes part; waiting for the centre's rounds (Ctrl-C leaves)")
            while True:
                time.sleep(_POLL_SECONDS)
                self._monitor.look()
                self._revive(settings)
        finally:
            stop_children(list(self._children.values()))

    def _start_resident(self, settings: NodeSettings) -> None:
        """Start the resident process and wait until it has loaded the site's data."""
        ready = self._config.state.resident_ready
        ready.unlink(missing_ok=True)
        self._tell("loading reports and images")
        command = [
            sys.executable,
            "-m",
            "glsmed.client.resident",
            str(self._config_file),
            str(settings.runtime_port),
        ]
        child = self._start("resident", command)
        while not ready.exists():
            if not child.is_running():
                raise FederationError(f"the site could not be loaded; the end of {child.log}:\n{child.log_tail()}")
            time.sleep(_POLL_SECONDS / 5)

    def _start_supernode(self, settings: NodeSettings) -> None:
        most_bytes = self._config.state.resident_ready.read_text(encoding="ascii").strip()
        program = [sys.executable, "-m", "glsmed.client.node.supernode_process", most_bytes]
        self._start("supernode", [*program, *supernode_arguments(settings)])

    def _start(self, name: str, command: list[str]) -> Child:
        state = self._config.state
        environment = {
            **QUIET_FLOWER,
            "FLWR_HOME": str(state.flower_home),
            # torch reads compiled steps back and runs them: by default from /tmp, where other users can write
            "TORCHINDUCTOR_CACHE_DIR": str(state.compiled_steps),
        }
        self._children[name] = start_child(name, command, log=state.process_log(name), environment=environment)
        return self._children[name]

    def _revive(self, settings: NodeSettings) -> None:
        dead = [child for child in self._children.values() if not child.is_running()]
        for child in dead:
            self._count_death(child)
            self._tell(f"{child.name} ended (exit code {child.process.returncode}); starting it again")
            if child.name == "resident":
                self._start_resident(settings)
            else:
                wait_for_centre(settings, tell=self._tell)
                self._start_supernode(settings)

    def _count_death(self, child: Child) -> None:
        now = time.monotonic()
        self._deaths = [moment for moment in self._deaths if now - moment < _HEALTHY_SECONDS] + [now]
        if len(self._deaths) > _MOST_DEATHS:
            raise FederationError(f"{child.name} keeps dying; the end of {child.log}:\n{child.log_tail()}")


def wait_for_centre(
    settings: NodeSettings,
    *,
    tell: Tell,
    probe: Callable[[NodeSettings], None] = probe_centre,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the centre answers and admits this site; tells at growing intervals that it is waiting.

    Raises:
        FederationError: the centre's certificate, our key or the release does not fit.
    """
    wait = _FIRST_WAIT_SECONDS
    while True:
        try:
            probe(settings)
        except ConnectionError as error:
            tell(f"the centre {settings.centre} is not reachable ({error}); trying again in {wait:.0f} s")
            sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        else:
            return
