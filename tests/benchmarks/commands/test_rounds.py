"""``glsmed-benchmark rounds`` from its options to its JSON."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).parent / "glsmed-benchmark")


def _run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, "rounds", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def test_a_part_that_does_not_exist_is_refused() -> None:
    done = _run("--part", "everything")
    assert done.returncode == 2
    assert "--part everything: expected one of rounds, flower, memory" in done.stderr


@pytest.mark.processes
def test_a_centre_and_light_sites_run_rounds_that_are_measured(tmp_path: Path) -> None:
    out = tmp_path / "rounds.json"
    done = _run("--part", "memory", "--sites", "3", "--model-megabytes", "1", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(out.read_text(encoding="utf-8"))
    figures = json.loads(done.stdout)["memory"]
    assert figures["model_bytes"] == pytest.approx(1e6, rel=1e-3)
    assert len(figures["cycle_seconds"]["each"]) == 1
    assert all(0 < seconds < 30 for seconds in figures["cycle_seconds"]["each"])
    # what is sent beside the model, a few kilobytes for each message, weighs more with so small a model
    assert all(1 <= ratio < 1.5 for ratio in figures["bytes_over_needed"]["each"])
    assert figures["centre_memory"]["idle_megabytes"] > 100
    assert figures["centre_memory"]["above_idle_over_model"] > 0
    assert {"SuperLink", "round process", "light sites"} <= figures["processor_seconds_of_cycle"].keys()
