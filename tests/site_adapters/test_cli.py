import subprocess
import sys

import pytest
from typer.testing import CliRunner

from glsmed.site_adapters.cli import app

COMMANDS = ("extract", "cues", "lint", "bench", "suggest", "explain", "calibrate", "evaluate", "workbench")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_with_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert f"glsmed-adapter {command}" in result.output


def test_help_does_not_wait_for_what_only_the_work_needs() -> None:
    code = (
        "import sys; from glsmed.site_adapters.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: sys.exit(bool({'numpy', 'pydantic', 'spacy', 'jinja2'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
