from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from glsmed.client.cli import app

PRIVATE = "training: {rounds: 2, steps_per_round: 2, batch_size: 4"


def test_the_command_tells_what_is_spent_and_what_a_round_costs(write_config: Callable[..., Path]) -> None:
    config = write_config(replace={})
    study = config.parent / "study.yaml"
    study.write_text(
        study.read_text().replace(PRIVATE, f"{PRIVATE}, site_offset: false, privacy: {{noise_multiplier: 2}}")
    )
    told = CliRunner().invoke(app, ["--site", str(config), "privacy"])
    assert told.exit_code == 0, told.output
    assert "over all studies: epsilon 0.000 spent" in told.output
    assert "one more round of 2 steps with" in told.output
    assert "2 more rounds can be paid for" in told.output
