import io
import json
import subprocess
import sys

import pytest
import structlog

from glsmed.shared.errors import UsageError
from glsmed.shared.processes.logs import (
    LOG_FORMAT_VARIABLE,
    PATIENT_FIELDS,
    DropPatientFields,
    configure_logging,
    json_is_wanted,
    json_lines,
    log_exception,
)

CANARY = "patient-4711"


@pytest.mark.parametrize("field", sorted(PATIENT_FIELDS))
def test_a_field_that_could_name_a_patient_is_dropped(capsys: pytest.CaptureFixture[str], field: str) -> None:
    configure_logging(as_json=True)
    structlog.get_logger().info("reading", round=3, **{field: CANARY})
    line = json.loads(capsys.readouterr().err)
    assert CANARY not in json.dumps(line)
    assert (line["event"], line["round"], line["dropped"]) == ("reading", 3, [field])


def test_other_fields_stay_as_they_are() -> None:
    event = {"event": "x", "round": 1, "site": "st-mary"}
    assert DropPatientFields()(None, "info", dict(event)) == event


def test_every_line_names_its_site(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(site="st-mary", as_json=True)
    structlog.get_logger().warning("late")
    line = json.loads(capsys.readouterr().err)
    assert (line["site"], line["level"]) == ("st-mary", "warning")


def test_lines_for_people_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(site="st-mary")
    structlog.get_logger().info("site_ready", patient_id=CANARY)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "site_ready" in captured.err
    assert CANARY not in captured.err


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    structlog.get_logger().debug("detail")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("value", "wanted"), [(None, False), ("", False), ("text", False), ("json", True)])
def test_the_environment_chooses_the_format(monkeypatch: pytest.MonkeyPatch, value: str | None, wanted: bool) -> None:
    monkeypatch.delenv(LOG_FORMAT_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(LOG_FORMAT_VARIABLE, value)
    assert json_is_wanted() is wanted


def test_another_format_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOG_FORMAT_VARIABLE, "xml")
    with pytest.raises(UsageError, match="GLSMED_LOG_FORMAT: expected text or json, got 'xml'"):
        json_is_wanted()


# A process as ours at both ends: our lines, Flower's, a web server's, a warning and an error that ends it.
PROCESS = f"""
import logging, warnings
import flwr.app
import structlog
import uvicorn
from glsmed.shared.errors import FederationError
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.processes.logs import configure_process_logging

def main():
    configure_process_logging(site="st-mary")
    structlog.get_logger().info("ours", patient_id="{CANARY}")
    uvicorn.Config("an app", log_level="info")  # as a server that Flower makes
    logging.getLogger("flwr").info("of Flower %s", 7)
    logging.getLogger("flwr").debug("a detail of Flower")
    logging.getLogger("httpx").info("a request")
    logging.getLogger("uvicorn.access").info("an answer")
    logging.getLogger("uvicorn.error").warning("of the server")
    logging.getLogger("flwr").warning("with more", extra={{"patient_id": "{CANARY}"}})
    warnings.warn("of Python")
    raise FederationError("the end")

run_command(main)
"""


def _lines_of_process(log_format: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS],
        env={LOG_FORMAT_VARIABLE: log_format, "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert CANARY not in done.stderr
    return done.stderr.splitlines()


def test_every_line_of_a_process_is_json_whoever_wrote_it() -> None:
    lines = [json.loads(line) for line in _lines_of_process("json")]
    assert [line["event"] for line in lines[:4]] == ["ours", "of Flower 7", "of the server", "with more"]
    assert "of Python" in lines[4]["event"]
    assert lines[5]["event"] == "error: the end"
    assert lines[0]["dropped"] == ["patient_id"]
    assert all({"level", "timestamp"} <= line.keys() for line in lines)
    assert [line["site"] for line in lines[:4]] == ["st-mary"] * 4


def test_as_text_other_libraries_write_as_they_always_did() -> None:
    text = "\n".join(_lines_of_process("text"))
    assert "of Flower 7" in text
    assert "error: the end" in text
    assert not text.startswith("{")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_exception_is_written_with_its_traceback(monkeypatch: pytest.MonkeyPatch, log_format: str) -> None:
    monkeypatch.setenv(LOG_FORMAT_VARIABLE, log_format)
    output = io.StringIO()
    try:
        1 / 0  # noqa: B018  # for its error
    except ZeroDivisionError:
        log_exception(output, "serverapp_failed")
    text = json.loads(output.getvalue())["exception"] if log_format == "json" else output.getvalue()
    assert "Traceback" in text
    assert "ZeroDivisionError: division by zero" in text


def test_what_a_program_tells_people_can_be_json_too() -> None:
    lines: list[str] = []
    json_lines(lines.append, process="flwr-server")("round 1 of 3: 「疑い」")
    (line,) = map(json.loads, lines)
    assert (line["event"], line["process"], line["level"]) == ("round 1 of 3: 「疑い」", "flwr-server", "info")
