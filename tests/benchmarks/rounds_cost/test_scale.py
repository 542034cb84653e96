"""The plot of how rounds grow."""

from pathlib import Path

import pytest

from glsmed.benchmarks.rounds_cost.scale import draw_scale

ROWS = [
    {
        "sites": sites,
        "model_megabytes": 45.0,
        "round_beside_training_seconds": 0.5 * sites,
        "idle_bytes": 4e8,
        "peak_bytes": 5e8,
    }
    for sites in (2, 4)
]


@pytest.mark.parametrize("across", ["sites", "model_megabytes"])
def test_a_plot_of_seconds_and_memory_is_written(tmp_path: Path, across: str) -> None:
    draw_scale(ROWS, across, tmp_path / "rounds.svg")
    assert "<svg" in (tmp_path / "rounds.svg").read_text(encoding="utf-8")
