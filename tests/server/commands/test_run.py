import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from glsmed.server.cli import app


class Supervised:
    """Stands in for the supervisor: notes the study, tells one line and is done."""

    studies: list[Path]
    passphrases: list[bytes | None]

    def __init__(self, study_file: Path, *, tell: Callable[[str], None], ca_passphrase: bytes | None = None) -> None:
        self.passphrases.append(ca_passphrase)
        self.studies.append(study_file)
        self.tell = tell
        self.run_folder = study_file.parent / "run"

    def run(self) -> None:
        self.tell("listening")


@pytest.fixture
def studies(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    Supervised.studies, Supervised.passphrases = [], []
    monkeypatch.setattr("glsmed.server.processes.supervisor.StudySupervisor", Supervised)
    monkeypatch.setattr("glsmed.shared.processes.children.end_with_starter", lambda: None)
    return Supervised.studies


@pytest.mark.parametrize(
    ("arguments", "study"),
    [
        (["--study", "a.yaml"], "a.yaml"),
        (["run", "--study", "a.yaml"], "a.yaml"),
        (["--study", "a.yaml", "run"], "a.yaml"),
        (["--study", "a.yaml", "run", "--study", "b.yaml"], "b.yaml"),
        (["run"], "study.yaml"),
    ],
)
def test_the_study_that_is_named_last_is_run(studies: list[Path], arguments: list[str], study: str) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert studies == [Path(study)]


@pytest.mark.parametrize(
    "order", [["OPTION"], ["run", "OPTION"], ["OPTION", "run"]], ids=["alone", "after", "before the command"]
)
def test_the_passphrase_file_is_read_wherever_it_stands(studies: list[Path], tmp_path: Path, order: list[str]) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(b"four words of a poem")
    file.chmod(0o600)
    option = ["--ca-passphrase-file", str(file)]
    arguments = [word for one in order for word in (option if one == "OPTION" else [one])]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert len(studies) == 1
    assert Supervised.passphrases == [b"four words of a poem"]


def test_every_line_has_the_seconds_since_the_start(studies: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 103.25, 112.0])  # of this module alone: other threads of a test run look at theirs
    monkeypatch.setattr("glsmed.server.commands.run.time", SimpleNamespace(monotonic=lambda: next(clock)))
    done = CliRunner().invoke(app, ["run"])
    assert done.output == "[    3.2 s] listening\n[   12.0 s] done: results are in run\n"


def test_lines_can_be_json(studies: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLSMED_LOG_FORMAT", "json")
    lines = [json.loads(line) for line in CliRunner().invoke(app, ["run"]).output.splitlines()]
    assert [(line["event"], line["process"]) for line in lines] == [
        ("listening", "flwr-server"),
        ("done: results are in run", "flwr-server"),
    ]


def test_the_page_is_shown_beside_the_study_and_only_if_it_is_wanted(
    studies: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    @contextmanager
    def beside(name: str, command: list[str]) -> Iterator[None]:
        started.append([Path(command[0]).name, *command[1:]])
        yield

    monkeypatch.setattr("glsmed.shared.processes.children.beside", beside)
    assert CliRunner().invoke(app, ["--study", "a.yaml"]).exit_code == 0
    assert started == []
    for arguments in (
        ["--study", "a.yaml", "--page", "--page-port", "8765"],
        ["run", "--study", "a.yaml", "--page"],
        ["--page-port", "8765", "--page", "run", "--study", "a.yaml"],
    ):
        assert CliRunner().invoke(app, arguments).exit_code == 0
    shown = ["flwr-server", "--study", "a.yaml", "page", "--port"]
    assert started == [[*shown, port, "--language", "en"] for port in ("8765", "0", "8765")]
    assert studies == [Path("a.yaml")] * 4
