"""The script of all attacks asks for nothing that the commands do not know."""

import os
import shlex
import subprocess
from pathlib import Path

from typer.main import get_command

from glsmed.benchmarks.cli import app

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "attacks.sh"
STUB = """() { printf '%q ' "$@" >> "$ASKED"; echo >> "$ASKED"; }"""


def test_every_line_of_the_script_is_a_command_with_its_options(tmp_path: Path) -> None:
    noted = tmp_path / "asked"
    environment = {**os.environ, "ASKED": str(noted), "BASH_FUNC_glsmed-benchmark%%": STUB}
    subprocess.run(["bash", str(SCRIPT), str(tmp_path / "out")], env=environment, check=True)
    asked = [shlex.split(line) for line in noted.read_text().splitlines()]
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a group
    parsed = [commands[name].make_context(name, options).params for name, *options in asked]
    assert [one.get("part") for one in parsed] == ["labels"] * 3 + ["poison", "membership", "inversion", None]
    assert len({one["out"] for one in parsed}) == 5
