"""Structured logs on standard error; a processor drops fields that could identify a patient."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

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


def configure_logging(*, site: str = "", as_json: bool = False, level: int = logging.INFO) -> None:
    """Set structlog up for this process; ``site`` is bound to every line."""
    structlog.contextvars.clear_contextvars()
    if site:
        structlog.contextvars.bind_contextvars(site=site)
    renderer: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            DropPatientFields(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
