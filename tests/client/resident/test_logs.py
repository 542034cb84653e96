import json

import pytest
import structlog

from glsmed.client.resident.logs import PATIENT_FIELDS, DropPatientFields, configure_logging

CANARY = "patient-4711"


@pytest.fixture(autouse=True)
def _as_before() -> object:
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


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
