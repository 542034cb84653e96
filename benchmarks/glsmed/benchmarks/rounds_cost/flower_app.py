"""Flower's own FedAvg with the same arrays: how its quick start is run, as processes on this machine.

Upstream's defaults: subprocess isolation. No TLS and no node keys, which is less work than ours. Its ClientApp sleeps
instead of training, and imports numpy alone, so that no start of torch counts against it.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from safetensors.numpy import save_file

from glsmed.benchmarks.demo.programs import Programs, require_running
from glsmed.benchmarks.rounds_cost.instruments.timings import Timings, load_now, steady
from glsmed.server.flower.settings import LOOPBACK
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.processes.children import QUIET_FLOWER, Child, free_port
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.packed_model import Arrays

_POLL_SECONDS = 0.1
_LONGEST_SECONDS = 900.0
_SETTLE_SECONDS = 3.0
_MODEL, _TIMES = "model.safetensors", "times.jsonl"

_PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "rounds"
version = "1.0.0"
description = "FedAvg as Flower's documentation shows it."
license = "Apache-2.0"
dependencies = ["flwr"]

[tool.hatch.build.targets.wheel]
packages = ["."]

[tool.flwr.app]
publisher = "glsmed"

[tool.flwr.app.components]
serverapp = "fedavg.server_app:app"
clientapp = "fedavg.client_app:app"

[tool.flwr.app.config]
rounds = 1
sites = 2
folder = ""
train-seconds = 0.0
"""

_SERVER_APP = '''\
"""FedAvg over the arrays in a file; notes when each round begins and when it has its average."""

import json
import time
from pathlib import Path

from flwr.app import Array, ArrayRecord
from flwr.serverapp import ServerApp
from flwr.serverapp.strategy import FedAvg
from safetensors.numpy import load_file

app = ServerApp()


class TimedFedAvg(FedAvg):
    def note(self, event, server_round):
        with self.times.open("a") as output:
            output.write(json.dumps({"event": event, "round": server_round, "at": time.time()}) + "\\n")

    def configure_train(self, server_round, *rest):
        self.note("began", server_round)
        return super().configure_train(server_round, *rest)

    def aggregate_train(self, server_round, replies):
        averaged = super().aggregate_train(server_round, replies)
        self.note("averaged", server_round)
        return averaged


@app.main()
def main(grid, context):
    config = context.run_config
    folder = Path(config["folder"])
    sites = int(config["sites"])
    strategy = TimedFedAvg(min_train_nodes=sites, min_evaluate_nodes=sites, min_available_nodes=sites)
    strategy.times = folder / "times.jsonl"
    arrays = {name: Array(array) for name, array in load_file(folder / "model.safetensors").items()}
    strategy.start(grid, ArrayRecord(arrays), num_rounds=int(config["rounds"]))
    strategy.note("finished", int(config["rounds"]) + 1)
'''

_CLIENT_APP = '''\
"""Sleeps as long as a step of training takes, and changes every array."""

import time

import numpy as np
from flwr.app import Array, ArrayRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

app = ClientApp()


@app.train()
def train(message, context):
    time.sleep(float(context.run_config["train-seconds"]))
    own = np.float32(1 + context.node_id % 1000 * 1e-6)
    arrays = {name: Array(array.numpy() * own) for name, array in message.content["arrays"].items()}
    content = {"arrays": ArrayRecord(arrays), "metrics": MetricRecord({"num-examples": 10})}
    return Message(RecordDict(content), reply_to=message)


@app.evaluate()
def evaluate(message, context):
    return Message(RecordDict({"metrics": MetricRecord({"num-examples": 10, "loss": 0.5})}), reply_to=message)
'''


@dataclass(frozen=True, slots=True)
class FlowerSettings:
    """A run of Flower's FedAvg; the first two rounds are left out of the figures."""

    sites: int
    rounds: int
    training_seconds: float


def run_flower(folder: Path, model: Arrays, settings: FlowerSettings, *, tell: Tell) -> dict[str, object]:
    """Run FedAvg in an empty folder; returns its figures.

    Raises:
        FederationError: a program failed or took far too long; holds the end of its log.
    """
    write_app(folder / "app")
    save_file(dict(model), folder / _MODEL)
    environment = {**QUIET_FLOWER, "FLWR_HOME": str(folder / "flwr"), "PATH": _own_programs_first()}
    with ExitStack() as stack:
        programs = stack.enter_context(Programs(folder / "logs", environment=environment))
        children = _start_processes(folder, settings, programs=programs)
        config = f'rounds={settings.rounds} sites={settings.sites} folder="{folder}" '
        config += f"train-seconds={settings.training_seconds}"
        programs.run("flwr", "run", str(folder / "app"), "here", "--run-config", config)
        _wait_for_end(folder / _TIMES, children, rounds=settings.rounds, tell=tell)
    return flower_figures(read_events(folder / _TIMES), settings)


def _start_processes(folder: Path, settings: FlowerSettings, *, programs: Programs) -> list[Child]:
    port = free_port()
    address = f"{LOOPBACK}:{port}"
    link = programs.start(
        "superlink",
        "flower-superlink",
        *("--insecure", "--host", LOOPBACK, "--port", str(port)),
        *("--database", str(folder / "state.db"), "--disable-runtime-dependency-installation"),
    )
    write_text(
        folder / "flwr" / "config.toml",
        f'[superlink]\ndefault = "here"\n\n[superlink.here]\naddress = "{address}"\ninsecure = true\n',
    )
    time.sleep(_SETTLE_SECONDS)
    nodes = [
        programs.start(
            f"supernode-{number}",
            "flower-supernode",
            *("--insecure", "--superlink", address, "--host", LOOPBACK, "--port", str(free_port())),
        )
        for number in range(settings.sites)
    ]
    time.sleep(_SETTLE_SECONDS)
    return [link, *nodes]


def _wait_for_end(times: Path, children: Sequence[Child], *, rounds: int, tell: Tell) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    told = 0
    while not (events := read_events(times)) or events[-1]["event"] != "finished":
        require_running(children)
        if time.monotonic() > deadline:
            raise FederationError(f"{rounds} rounds of Flower's FedAvg took more than {_LONGEST_SECONDS:.0f} s")
        for event in events[told:]:
            tell(f"Flower: round {event['round']} {event['event']}")
        told = len(events)
        time.sleep(_POLL_SECONDS)


def read_events(times: Path) -> list[Mapping[str, object]]:
    """What the ServerApp has noted so far, without a line that is still being written."""
    if not times.is_file():
        return []
    lines = times.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def flower_figures(events: Sequence[Mapping[str, object]], settings: FlowerSettings) -> dict[str, object]:
    """Seconds of rounds and cycles from what the ServerApp noted; the first two of each are left out."""
    began = [float(str(event["at"])) for event in events if event["event"] in ("began", "finished")]
    averaged = [float(str(event["at"])) for event in events if event["event"] == "averaged"]
    beside = [end - start - settings.training_seconds for start, end in zip(began, averaged, strict=False)]
    cycles = [later - earlier for earlier, later in pairwise(began)]
    return {
        "sites": settings.sites,
        "training_seconds": settings.training_seconds,
        "round_beside_training_seconds": _steady(beside).figures(),
        "cycle_seconds": _steady(cycles).figures(),
        "load_averages_after": load_now(),
    }


def _steady(values: Sequence[float]) -> Timings:
    return steady(values[1:])


def write_app(folder: Path) -> None:
    """Write the app as ``flwr run`` takes it."""
    write_text(folder / "pyproject.toml", _PYPROJECT)
    write_text(folder / "fedavg" / "__init__.py", "")
    write_text(folder / "fedavg" / "server_app.py", _SERVER_APP)
    write_text(folder / "fedavg" / "client_app.py", _CLIENT_APP)


def _own_programs_first() -> str:
    """PATH with this environment's programs first: Flower finds its own by PATH."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
