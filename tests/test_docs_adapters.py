"""docs/adapters.md: its commands exist, its files load, and its session runs and prints what the page shows."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.reading_room.sites import write_site
from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.cli import app
from glsmed.site_adapters.lint.run import lint

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "adapters.md").read_text(encoding="utf-8")
COMMANDS: list[str] = re.findall(r"^\$ (glsmed-adapter .*)$", PAGE, re.MULTILINE)
SITE_FILE = next(block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if block.startswith("adapter:"))
CALIBRATION = "--calibration"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's hospital, with fewer patients, and its own file."""
    folder = tmp_path_factory.mktemp("site")
    write_site(folder / "my-data" / "st-mary", HOSPITALS[0], patients=150, seed=1)
    (folder / "st-mary.yaml").write_text(SITE_FILE)
    (folder / "st-mary-new.yaml").write_text(SITE_FILE.replace("certainty: 0.5", "certainty: 0.6"))
    script = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(script, {})  # noqa: S102  # the page's own script
        CliRunner().invoke(app, shlex.split(_calibrate())[1:])
    return folder


def _calibrate() -> str:
    return next(command for command in COMMANDS if "calibrate" in command and "--learned" not in command)


def shown(command: str) -> list[str]:
    """What the page prints under a command, without rows of tables and what it leaves out."""
    after = PAGE.split(f"$ {command}\n")[1].split("```")[0].splitlines()
    return [masked(line) for line in after if line.strip() and line != "…" and not re.match(r"  \d\.\d to", line)]


def masked(line: str) -> str:
    """A line without its numbers, and without the clause or cell that chance picks."""
    line = re.sub(r"st-mary-[\d-]+: .*", "st-mary-#: …", line)
    return re.sub(r"[\d.]+", "#", line)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_and_its_options_exist(command: str) -> None:
    _, name, *arguments = shlex.split(command)
    group = typer.main.get_command(app)
    known = {option for parameter in group.commands[name].params for option in parameter.opts}  # type: ignore[attr-defined]  # a group
    assert {argument for argument in arguments if argument.startswith("--")} <= known


def test_the_sites_file_is_without_fault(site: Path) -> None:
    assert lint(site / "st-mary.yaml") == []


def test_a_slip_of_the_pen_is_told_as_the_page_says(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site)
    (site / "slip.yaml").write_text(SITE_FILE.replace("phrases: [whiff of]", "phrases: [whif of]"))
    told = [str(problem).replace("slip.yaml", "st-mary.yaml") for problem in lint("slip.yaml")]
    command = next(command for command in COMMANDS if " lint " in command)
    assert [masked(line) for line in told] == shown(command)[:1]


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if " lint " not in command and "-new" not in command]
)
def test_a_command_prints_what_the_page_shows(site: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.chdir(site)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    printed = {masked(line).strip() for line in result.output.splitlines()}
    expected = [line.strip() for line in shown(command) if "held-out log-loss" not in line]
    assert [line for line in expected if line not in printed] == []


def test_the_pipeline_prints_what_the_page_shows(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(site)
    section = PAGE.split("## 11. ")[1]
    (script,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (printed,) = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    exec(script, {})  # noqa: S102  # the page's own script
    assert capsys.readouterr().out == printed


def test_a_calibration_of_other_cues_is_refused_as_the_page_says(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site)
    command = next(command for command in COMMANDS if "-new" in command)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert isinstance(result.exception, ConfigurationError)
    assert [masked(f"error: {result.exception}")] == shown(command)
