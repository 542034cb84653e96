"""Structured logs of every process at both ends; a processor drops fields that could identify a patient.

``GLSMED_LOG_FORMAT=json`` writes one JSON object a line; without it, lines are for people. The variable reaches every
child process, so that one word in a service's unit file settles both the console and the process logs.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from glsmed.shared.errors import UsageError
from glsmed.shared.processes.error_words import WithoutForeignWords

LOG_FORMAT_VARIABLE = "GLSMED_LOG_FORMAT"
PATIENT_FIELDS = frozenset(
    {"patient_id", "patient", "patients", "study_id", "report", "report_text", "text", "image", "evidence", "cue_text"}
)


class DropPatientFields:
    """Removes every field that could hold a patient's data, and names those that it removed."""

    def __init__(self, fields: frozenset[str] = PATIENT_FIELDS) -> None:
        self._fields = fields

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """The event without the fields; ``dropped`` names them."""
        dropped = sorted(self._fields & event.keys())
        for name in dropped:
            del event[name]
        if dropped:
            event["dropped"] = dropped
        return event


def json_is_wanted() -> bool:
    """Whether the environment asks for logs as JSON.

    Raises:
        UsageError: the variable holds something else than a format.
    """
    wanted = os.environ.get(LOG_FORMAT_VARIABLE) or "text"
    if wanted not in ("text", "json"):
        raise UsageError(f"{LOG_FORMAT_VARIABLE}: expected text or json, got {wanted!r}")
    return wanted == "json"


def configure_logging(*, site: str = "", as_json: bool = False, level: int = logging.INFO) -> None:
    """Set structlog up for this process; ``site`` is bound to every line, and exceptions go without foreign words."""
    structlog.contextvars.clear_contextvars()
    if site:
        structlog.contextvars.bind_contextvars(site=site)
    structlog.configure(
        processors=_processors(as_json=as_json, at_site=bool(site)),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def configure_process_logging(*, site: str = "") -> None:
    """Set up the logs of a process whose standard error is a log file, in the format that the environment asks for.

    As JSON, the lines of Flower, uvicorn and Python's warnings go the same way as ours.

    Raises:
        UsageError: see :func:`json_is_wanted`.
    """
    as_json = json_is_wanted()
    configure_logging(site=site, as_json=as_json)
    if as_json:
        _take_over_standard_logging(at_site=bool(site))


def log_exception(output: TextIO, event: str) -> None:
    """Write the current exception with its traceback to ``output``, in the format that the environment asks for."""
    processors = _processors(as_json=json_is_wanted())
    structlog.wrap_logger(structlog.WriteLogger(output), processors=processors).error(event, exc_info=True)


def json_lines(write: Callable[[str], object], *, process: str) -> Callable[[str], None]:
    """A function that writes each line that a program tells people as one JSON object."""

    def tell(line: str) -> None:
        write(json_line(line, level="info", process=process))

    return tell


def line_writer(write: Callable[[str], object], *, process: str) -> Callable[[str], None]:
    """What writes a line for people: as JSON where the environment asks for that, else as it is.

    Raises:
        UsageError: the environment holds something else than a format.
    """
    if json_is_wanted():
        return json_lines(write, process=process)

    def tell(line: str) -> None:
        write(line)

    return tell


def json_line(line: str, *, level: str, process: str) -> str:
    """One line that a program tells people, as JSON with the fields of the logs."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"event": line, "level": level, "process": process, "timestamp": now}, ensure_ascii=False)


def _processors(*, as_json: bool, at_site: bool = False) -> list[Processor]:
    renderer: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    return [structlog.contextvars.merge_contextvars, *_before_rendering(at_site=at_site), renderer]


def _before_rendering(*, at_site: bool) -> Sequence[Processor]:
    return (
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        WithoutForeignWords() if at_site else structlog.processors.format_exc_info,
        DropPatientFields(),
    )


def _take_over_standard_logging(*, at_site: bool) -> None:
    """Send what other libraries log through the standard library to standard error as JSON.

    As much as they write without us: from Flower what happens, from all others only warnings.
    """
    # Flower gives its logger a handler of its own when it is first imported: that must have happened before
    import uvicorn
    from flwr.app import Message  # noqa: F401  # heavy: only where JSON is wanted

    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.INFO)  # Flower's own logger lets through more
    handler.setFormatter(_json_formatter(at_site=at_site))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    flower = logging.getLogger("flwr")
    flower.handlers.clear()
    flower.propagate = True
    # a server gives its loggers handlers of their own when it is made, and Flower makes servers that we cannot ask
    uvicorn.Config.configure_logging = _leave_logging  # type: ignore[method-assign]


def _leave_logging(self: object) -> None:
    """What uvicorn does instead of giving its loggers handlers."""


def _json_formatter(*, at_site: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_before_rendering(at_site=at_site),
            structlog.processors.JSONRenderer(),
        ],
    )
