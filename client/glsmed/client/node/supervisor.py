"""``glsmed-client --site``: keeps a hospital's two processes alive until someone stops it.

supervisor ── resident   (data, device, adapter, egress policy; runs the installed ClientApp)
     └─────── SuperNode  (outbound TLS to the centre; hands tasks to the resident over loopback)
"""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from glsmed.client.monitoring.site_monitor import SiteMonitor
from glsmed.client.node.connection_faults import OutsideFaultError
from glsmed.client.node.flower.centre_client import probe_centre
from glsmed.client.node.flower.supernode import supernode_arguments
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.supernode_process import LOST_CONNECTION, PROXY_VARIABLE
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
        self._losses: list[float] = []
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
        program = [sys.executable, "-m", "glsmed.client.node.supernode_process", most_bytes, str(settings.bell)]
        secret = {} if settings.proxy is None else {PROXY_VARIABLE: settings.proxy.url}
        self._start("supernode", [*program, *supernode_arguments(settings)], secret)

    def _start(self, name: str, command: list[str], secret: Mapping[str, str] | None = None) -> Child:
        state = self._config.state
        environment = {
            **QUIET_FLOWER,
            "FLWR_HOME": str(state.flower_home),
            # torch reads compiled steps back and runs them: by default from /tmp, where other users can write
            "TORCHINDUCTOR_CACHE_DIR": str(state.compiled_steps),
            **(secret or {}),
        }
        self._children[name] = start_child(name, command, log=state.process_log(name), environment=environment)
        return self._children[name]

    def _revive(self, settings: NodeSettings) -> None:
        dead = [child for child in self._children.values() if not child.is_running()]
        for child in dead:
            if child.process.returncode == LOST_CONNECTION:
                self._wait_after_loss(child)
            else:
                self._count_death(child)
                self._tell(f"{child.name} ended (exit code {child.process.returncode}); starting it again")
            self._start_again(child.name, settings)

    def _start_again(self, name: str, settings: NodeSettings) -> None:
        if name == "resident":
            self._start_resident(settings)
        else:
            wait_for_centre(settings, tell=self._tell, has_taken_part=True)
            self._start_supernode(settings)

    def _wait_after_loss(self, child: Child) -> None:
        """Wait before connecting again, longer where connections keep getting lost; they never end the client."""
        losses = self._losses = [*_recent(self._losses), time.monotonic()]
        wait = min(_FIRST_WAIT_SECONDS * 2 ** (len(losses) - 1), _LONGEST_WAIT_SECONDS)
        self._tell(
            f"lost the connection to the centre {self._config.centre.address}; connecting again in {wait:.0f} s "
            f"({child.log} says more)"
        )
        time.sleep(wait)

    def _count_death(self, child: Child) -> None:
        self._deaths = [*_recent(self._deaths), time.monotonic()]
        if len(self._deaths) > _MOST_DEATHS:
            raise FederationError(f"{child.name} keeps dying; the end of {child.log}:\n{child.log_tail()}")


def _recent(moments: list[float]) -> list[float]:
    """Those of the last minutes."""
    now = time.monotonic()
    return [moment for moment in moments if now - moment < _HEALTHY_SECONDS]


def wait_for_centre(
    settings: NodeSettings,
    *,
    tell: Tell,
    has_taken_part: bool = False,
    probe: Callable[[NodeSettings], None] = probe_centre,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until the centre answers and admits this site; tells at growing intervals that it is waiting.

    Args:
        settings: how to reach it.
        tell: gets a line before each wait.
        has_taken_part: whether this client was connected before; then an expired certificate, a wrong clock and a
            proxy's refusal are waited out too, since whoever mends them may not be who can start the client again.
        probe: raises unless the centre answers.
        sleep: waits so many seconds.

    Raises:
        FederationError: the centre's certificate, our key or the release does not fit.
    """
    wait = _FIRST_WAIT_SECONDS
    while True:
        try:
            probe(settings)
        except (ConnectionError, OutsideFaultError) as error:
            if isinstance(error, OutsideFaultError) and not has_taken_part:
                raise
            tell(f"the centre {settings.centre} is not reachable ({error}); trying again in {wait:.0f} s")
            sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        else:
            return
