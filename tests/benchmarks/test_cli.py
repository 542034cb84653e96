import subprocess
import sys

import pytest
from typer.testing import CliRunner

from glsmed.benchmarks import cli, demo_cli
from glsmed.benchmarks.commands import methods

ALL = ["methods", "federation", "language", "training", "build"]


def test_every_command_is_in_the_help() -> None:
    benchmark, demo = (CliRunner().invoke(one.app, ["--help"]).output for one in (cli, demo_cli))
    assert [name for name in ALL if name not in benchmark] == []
    assert [name for name in ("run", "draw") if name not in demo] == []


@pytest.mark.parametrize("module", ["cli", "demo_cli"])
def test_help_need_not_wait_for_torch(module: str) -> None:
    program = f"import sys, glsmed.benchmarks.{module}; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("option", ["--scenario", "--world"])
def test_a_scenario_may_be_called_a_world(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(methods, "compare_methods", lambda plan, *_, **__: asked.append(plan.scenarios))
    done = CliRunner().invoke(cli.app, ["methods", "--out", "x", option, "rare", option, "alike"])
    assert done.exit_code == 0, done.output
    assert asked == [("rare", "alike")]


def test_an_unknown_scenario_is_refused() -> None:
    done = CliRunner().invoke(cli.app, ["build", "--out", "x", "--world", "rarer"])
    assert "no scenario 'rarer'; did you mean 'rare'" in str(done.exception)
