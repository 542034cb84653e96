"""Words of reports in a hospital's logs, through errors: every stage is made to fail with such words in the error.

Each report holds a word that stands nowhere else. A positive control shows that the error holds it.
"""

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import structlog
from flwr.app import Context, Message, RecordDict

from glsmed.benchmarks.federation.local_grid import LocalGrid
from glsmed.client.node.flower.task_queue import Answering
from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import SiteRuntime, load_site_runtime
from glsmed.client.resident.tasks import measured_answer, site_facts, training_task
from glsmed.client.settings.config import load_site
from glsmed.shared.errors import ConfigurationError, DataError, Fault, GlsmedError
from glsmed.shared.processes.error_words import describe, last_words, words_for_log
from glsmed.shared.processes.logs import configure_process_logging
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import CountsTask, EvaluateTask, Hello, PriorTask, TrainTask, WireMessage
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.packed_model import packed_digest
from tests.client.conftest import SiteWriter

CANARY = "xylocarpine"
REPORT = f"Patient on {CANARY}, effusion cannot be excluded."


class _StrangeError(Exception):
    """One of another library, with what it was given among its words."""


def _raise(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        local = REPORT  # a traceback that shows variables would show it
        assert local
        raise error

    return fail


def _wrapped() -> DataError:
    """One of ours around another library's, as ours often are."""
    foreign = ValueError(REPORT)
    ours = DataError(f"manifest.csv: line 3 cannot be read: {foreign}")
    ours.__context__ = foreign
    return ours


ERRORS: dict[str, Callable[[], Exception]] = {
    "of another library": lambda: _StrangeError(REPORT),
    "of Python": lambda: ValueError(f"could not convert {REPORT!r}"),
    "a key": lambda: KeyError(REPORT),
    "of bytes": lambda: UnicodeDecodeError("utf-8", REPORT.encode(), 3, 4, f"near {REPORT}"),
    "an operating system's": lambda: OSError(22, REPORT, REPORT),
    "ours around another": _wrapped,
    "ours with a quotation": lambda: DataError(f"gold.csv:3: value: expected 0 or 1, got {REPORT!r}"),
    "ours with faults": lambda: ConfigurationError([Fault("a.csv", f"expected a number, got {REPORT!r}", 3, "value")]),
}
Reporter = Callable[[], str]


@pytest.fixture
def site(write_config: SiteWriter) -> SiteRuntime:
    LocalGrid({})  # Flower asks who this process is
    return load_site_runtime(load_site(write_config()))


@pytest.fixture(params=["text", "json"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Reporter:
    """What the resident process has written to its log so far."""
    output = io.StringIO()
    monkeypatch.setenv("GLSMED_LOG_FORMAT", "text")
    configure_process_logging(site="st-mary")
    configured = structlog.get_config()
    processors = list(configured["processors"])
    if request.param == "json":
        processors[-1] = structlog.processors.JSONRenderer()
    structlog.configure(
        **{**configured, "processors": processors, "logger_factory": structlog.WriteLoggerFactory(output)}
    )
    return output.getvalue


def _tasks(site: SiteRuntime) -> dict[str, WireMessage]:
    study, manifest = site.study.digest(), site.model_manifest.digest()
    packed = ModelForm.down(site.models.layout, "fp32").encode(
        site.models.layout.pack({name: value.numpy() for name, value in site.model.state_dict().items()})
    )
    named = {"study_digest": study, "round": 1, "manifest_digest": manifest, "model_digest": packed_digest(packed)}
    return {
        "query": Hello(study_digest=study, run="doubt"),
        "query.cue_counts": CountsTask(study_digest=study),
        "query.shared_prior": PriorTask(study_digest=study, prior="{}"),
        "train": TrainTask(**named, keep_digest="", validate=True, model=packed, control={}),  # type: ignore[arg-type]
        "evaluate": EvaluateTask(**named, keep_digest="", split="test", model=packed),  # type: ignore[arg-type]
    }


STAGES: dict[str, tuple[str, ModuleType, str]] = {
    "counting": ("query", site_facts, "site_counts"),
    "cue counts": ("query.cue_counts", site_facts, "site_cue_counts"),
    "the shared prior": ("query.shared_prior", site_facts, "with_prior"),
    "validation": ("train", measured_answer, "evaluate"),
    "weights": ("train", training_task, "training_numbers"),
    "evaluation": ("evaluate", measured_answer, "evaluate"),
    "output calibration": ("evaluate", measured_answer, "calibrate_outputs"),
    "shipping": ("evaluate", measured_answer, "keep_final_model"),
}


@pytest.mark.parametrize(("kind", "module", "stage"), STAGES.values(), ids=STAGES)
def test_no_stage_of_a_task_writes_a_reports_words(
    site: SiteRuntime, log: Reporter, monkeypatch: pytest.MonkeyPatch, kind: str, module: ModuleType, stage: str
) -> None:
    if stage == "site_cue_counts":
        monkeypatch.setattr(type(site.egress), "require_cue_counts", lambda _: None)
    if stage == "with_prior":
        monkeypatch.setattr(site_facts, "prior_from_json", lambda _: None)
    for number, make in enumerate(ERRORS.values(), start=1):
        error = make()
        monkeypatch.setattr(module, stage, _raise(error))
        reply = _ask(site, kind, _tasks(site)[kind])
        assert CANARY in str(error) + repr(error)
        assert log().count("task_failed") + log().count("not_validated") >= number
        assert CANARY not in log()
        assert CANARY not in (site.config.state.audit_log.read_text() + str(reply))


def _ask(site: SiteRuntime, kind: str, task: WireMessage) -> Message:
    message = Message(encode(task), 1, kind, ttl=60.0, group_id="1")
    message.metadata.__dict__["_message_id"] = "request"
    answering = Answering(build_client_app(site), lambda _: None, site.egress.release_error)
    return answering.reply(message, Context(1, 1, {}, RecordDict(), {}), b"")


def test_what_gets_past_every_stage_is_written_without_its_words_too(site: SiteRuntime, log: Reporter) -> None:
    message = Message(RecordDict(), 1, "query", ttl=60.0, group_id="1")
    message.metadata.__dict__["_message_id"] = "request"
    for make in ERRORS.values():
        answering = Answering(_raise(make()), lambda _: None, site.egress.release_error)
        answering.reply(message, Context(1, 1, {}, RecordDict(), {}), b"")
    assert log().count("task_failed") == len(ERRORS)
    assert CANARY not in log()


def test_kind_and_place_stay(site: SiteRuntime, log: Reporter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_facts, "site_counts", _raise(_StrangeError(REPORT)))
    _ask(site, "query", _tasks(site)["query"])
    assert "_StrangeError" in log()
    assert "test_words_in_logs.py" in log()
    assert "in fail" in log()


def test_control_with_the_words_of_errors_the_log_has_the_reports(
    site: SiteRuntime, log: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    processors = [
        structlog.processors.format_exc_info if "Foreign" in type(one).__name__ else one
        for one in structlog.get_config()["processors"]
    ]
    structlog.configure(**{**structlog.get_config(), "processors": processors})
    monkeypatch.setattr(site_facts, "site_counts", _raise(_StrangeError(REPORT)))
    _ask(site, "query", _tasks(site)["query"])
    assert CANARY in log()


def _shifted(rows: list[list[str]]) -> list[list[str]]:
    """A comma too many: each report has slipped into another column."""
    return [rows[0], *([row[0], row[4], *row[1:4]] for row in rows[1:])]


def _reports_as_identifiers(rows: list[list[str]]) -> list[list[str]]:
    return [rows[0], *([row[4], row[4], *row[2:]] for row in rows[1:])]


def _reports_as_images(rows: list[list[str]]) -> list[list[str]]:
    return [rows[0], *([*row[:2], row[4], *row[3:]] for row in rows[1:])]


def _reports_as_header(rows: list[list[str]]) -> list[list[str]]:
    return [[*rows[0][:4], rows[1][4]], *rows[1:]]


def _reports_twice(rows: list[list[str]]) -> list[list[str]]:
    return [rows[0], *([*row, row[4]] for row in rows[1:])]


def _as_files(rows: list[list[str]]) -> list[list[str]]:
    return [rows[0], *([*row[:3], row[4], ""] for row in rows[1:])]


SPOILED = (_shifted, _reports_as_identifiers, _reports_as_images, _reports_as_header, _reports_twice, _as_files)


def _with_canaries(config: Path, manifest: Path, spoil: Callable[[list[list[str]]], list[list[str]]]) -> None:
    """The site's manifest with a canary in each report, spoiled."""
    with manifest.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    base = manifest.parent
    rows = [rows[0], *([row[0], row[1], str(base / row[2]), "", REPORT] for row in rows[1:])]
    own = config.parent / "spoiled.csv"
    with own.open("w", encoding="utf-8", newline="") as output:
        csv.writer(output).writerows(spoil(rows))
    config.write_text(config.read_text().replace(str(manifest), str(own)))


def _start(config: Path) -> str:
    """What a resident process writes to its log."""
    command = [sys.executable, "-m", "glsmed.client.resident", str(config), "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode != 0
    return done.stdout + done.stderr


@pytest.mark.timeout(900)
@pytest.mark.parametrize("spoil", SPOILED, ids=lambda one: one.__name__.strip("_"))
def test_a_process_that_cannot_start_says_so_without_a_reports_words(
    write_config: SiteWriter, drawn_data: Path, spoil: Callable[[list[list[str]]], list[list[str]]]
) -> None:
    config = write_config()
    _with_canaries(config, drawn_data / "manifest.csv", spoil)
    said = _start(config)
    assert said.strip()
    assert CANARY not in said


@pytest.mark.timeout(900)
def test_a_table_of_gold_labels_with_reports_in_it(write_config: SiteWriter, drawn_data: Path, tmp_path: Path) -> None:
    for number, column in enumerate(("study_id", "finding", "value")):
        gold = tmp_path / f"gold-{number}.csv"
        with (drawn_data / "gold.csv").open(encoding="utf-8", newline="") as source:
            rows = [{**row, column: REPORT} for row in csv.DictReader(source)][:20]
        with gold.open("w", encoding="utf-8", newline="") as output:
            writer = csv.DictWriter(output, ["study_id", "finding", "value"])
            writer.writeheader()
            writer.writerows(rows)
        assert CANARY not in _start(write_config(gold=gold))


@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS)
def test_an_error_that_nobody_catches(make: Callable[[], Exception]) -> None:
    error = make()
    assert CANARY not in describe(error)
    assert CANARY not in words_for_log(error)
    if isinstance(error, GlsmedError):
        assert CANARY not in last_words(error)


@pytest.mark.parametrize("message", ["expected the site's own key", "run: glsmed-client check"])
def test_words_of_ours_without_a_quotation_stay(message: str) -> None:
    assert words_for_log(DataError(message)) == message
