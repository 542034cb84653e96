"""When each process of a federation did what: functions of the product and of Flower, timed from outside.

A traced run starts its programs with a ``sitecustomize`` of its own on PYTHONPATH, which Python imports in every
process. It wraps the functions of :data:`TRACED` as their modules are imported; the product knows nothing of it. Each
call becomes one line in a file per process; a call takes some 20 microseconds longer.
"""

import functools
import importlib.abc
import importlib.machinery
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from glsmed.benchmarks.rounds_cost.instruments.processor import process_name

FOLDER_VARIABLE = "GLSMED_TRACE_FOLDER"
_START = "from glsmed.benchmarks.rounds_cost.instruments.tracing import start_tracing\n\nstart_tracing()\n"
_REQUEST = "request"  # the label of a traced HTTP request is its path instead

# module → attribute → what the call is; one that a release does not have is left out
TRACED: Mapping[str, Mapping[str, str]] = {
    "flwr.supercore.protobuf.client": {"ProtobufClient._unary_unary": _REQUEST},
    "glsmed.server.flower.store_grid": {"StoreGrid._hand_over": "hand the model over"},
    "glsmed.server.flower.reply_objects": {"inflate_reply": "take the update over"},
    "glsmed.server.updates.update_checks": {"ReplyChecks.checked": "check the update"},
    "glsmed.server.folders.checkpoints": {"CheckpointFolder.save": "merge and write the checkpoint"},
    "glsmed.server.folders.run_folder": {"RunFolder.add_metrics": "write the numbers"},
    "glsmed.client.resident.site_models": {"SiteModels.take": "take the model", "SiteModels.update": "pack the update"},
    "glsmed.shared.protocol.codec": {"encode": "encode", "decode": "decode"},
    "glsmed.client.training.round_training": {"RoundTraining.train": "train"},
    "glsmed.client.evaluation.evaluation": {"evaluate": "evaluate"},
    "glsmed.client.evaluation.output_calibration_fit": {"calibrate_outputs": "calibrate the outputs"},
    "glsmed.client.egress.policy": {"EgressPolicy.release": "release (policy and audit)"},
    "glsmed.client.egress.query_budget": {"QueryBudget.charge": "charge the query budget"},
}


@dataclass(frozen=True, slots=True)
class Span:
    """One call in one process; seconds since the epoch."""

    process: str
    label: str
    start: float
    end: float
    sent: int = 0
    received: int = 0


def tracing_environment(folder: Path) -> Mapping[str, str]:
    """Variables for the programs of a traced run, whose spans go into ``folder``."""
    start = folder / "start"
    start.mkdir(parents=True)
    (start / "sitecustomize.py").write_text(_START, encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(start), os.environ.get("PYTHONPATH", "")]))
    return {FOLDER_VARIABLE: str(folder), "PYTHONPATH": path}


def start_tracing() -> None:
    """Wrap the traced functions of this process as their modules are imported."""
    sys.meta_path.insert(0, _TracingFinder(_Writer(Path(os.environ[FOLDER_VARIABLE]))))


def read_spans(folder: Path) -> list[Span]:
    """Every whole span that the processes of a run have written, by start."""
    spans = []
    for path in folder.glob("*.jsonl"):
        spans += [Span(**json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    return sorted(spans, key=lambda span: span.start)


class _Writer:
    """Appends spans to this process's file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def write(self, label: str, start: float, *, sent: int = 0, received: int = 0) -> None:
        """Write one call, which ends now; ``start`` in seconds since the epoch, both sizes in bytes."""
        line = {"process": process_name(sys.orig_argv), "label": label, "start": start, "end": time.time()}
        text = json.dumps({**line, "sent": sent, "received": received}) + "\n"
        with self._lock, (self._folder / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as output:
            output.write(text)


class _TracingFinder(importlib.abc.MetaPathFinder):
    """Finds a traced module as usual, and wraps its functions once it has been executed."""

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where the other finders find a traced module; None for any other module."""
        if name not in TRACED:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            self._wrap_after(spec.loader, TRACED[name])
        return spec

    def _wrap_after(self, loader: importlib.abc.Loader, traced: Mapping[str, str]) -> None:
        execute = loader.exec_module

        def execute_and_wrap(module: ModuleType) -> None:
            execute(module)
            for attribute, label in traced.items():
                _wrap(module, attribute, label, self._writer)

        loader.exec_module = execute_and_wrap  # type: ignore[method-assign]  # this loader loads this module alone


def _wrap(module: ModuleType, attribute: str, label: str, writer: _Writer) -> None:
    """Replace a function of a module or class by one that is timed; nothing, if this release does not have it."""
    owner: object = module
    *owners, name = attribute.split(".")
    for each in owners:
        owner = getattr(owner, each, None)
    function = getattr(owner, name, None)
    if callable(function):
        wrapper = _timed_request if label == _REQUEST else _timed
        setattr(owner, name, wrapper(function, label, writer))


def _timed(function: Callable[..., object], label: str, writer: _Writer) -> Callable[..., object]:
    @functools.wraps(function)
    def timed(*positional: object, **named: object) -> object:
        start = time.time()
        try:
            return function(*positional, **named)
        finally:
            writer.write(label, start)

    return timed


def _timed_request(function: Callable[..., object], _label: str, writer: _Writer) -> Callable[..., object]:
    """The same for a request of Flower's client, with its path and the bytes of both messages."""

    @functools.wraps(function)
    def timed(*positional: object, **named: object) -> object:
        start, response = time.time(), None
        try:
            response = function(*positional, **named)
        finally:
            sent, received = _size(named.get("request")), _size(response)
            writer.write(str(named.get("path")).rpartition("/")[2], start, sent=sent, received=received)
        return response

    return timed


def _size(message: object) -> int:
    """Bytes of a protobuf message; 0 for anything else."""
    size = getattr(message, "ByteSize", None)
    return int(size()) if callable(size) else 0
