import os
import shlex
import subprocess
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from glsmed.benchmarks import cli
from glsmed.benchmarks.commands import methods
from glsmed.benchmarks.comparison.jobs import Plan
from glsmed.benchmarks.strategies import runs
from glsmed.benchmarks.strategies.runs import Plan as StrategyPlan

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "evidence.sh"

# Takes the place of the command: notes what it was asked for, and leaves the files that are copied.
STUB = """() {
  printf '%q ' "$@" >> "$ASKED"; echo >> "$ASKED"
  mkdir -p "$3"; touch "$3/tables.md" "$3/summary.json"
}"""


@pytest.fixture
def asked(tmp_path: Path) -> list[list[str]]:
    noted = tmp_path / "asked"
    environment = {**os.environ, "ASKED": str(noted), "BASH_FUNC_glsmed-benchmark%%": STUB}
    subprocess.run(["bash", str(SCRIPT), str(tmp_path / "out")], env=environment, check=True)
    return [shlex.split(line) for line in noted.read_text().splitlines()]


def test_every_comparison_of_the_evidence_is_one_that_can_be_asked_for(
    asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[Plan] = []
    strategies: list[StrategyPlan] = []

    def note_strategies(plan: StrategyPlan, *_: object, **__: object) -> None:
        strategies.append(plan)
        raise typer.Exit

    monkeypatch.setattr(methods, "compare_methods", lambda plan, *_, **__: plans.append(plan))
    monkeypatch.setattr(runs, "run_plan", note_strategies)
    for arguments in asked:
        done = CliRunner().invoke(cli.app, arguments)
        assert done.exit_code == 0, (arguments, done.output, done.exception)
    of_methods = [arguments for arguments in asked if arguments[0] == "methods"]
    assert len(plans) == len(of_methods) > 20
    assert all(arguments[4] in plan.methods for arguments, plan in zip(of_methods, plans, strict=True))
    assert {plan.pixels for plan in strategies} == {"pneumoniamnist", "drawn"}
    assert all(plan.seeds == 3 for plan in strategies)
