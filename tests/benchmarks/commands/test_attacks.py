"""``glsmed-benchmark attacks``, as small as it can be."""

import json
from pathlib import Path

from typer.testing import CliRunner

from glsmed.benchmarks.cli import app


def test_the_curve_has_every_setting_and_both_ways_of_asking(tmp_path: Path) -> None:
    small = ("--studies", "40", "--rounds", "4", "--steps", "1", "--bound", "1.5")
    done = CliRunner().invoke(app, ["attacks", *small, "--out", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    points = json.loads((tmp_path / "labels.json").read_text(encoding="utf-8"))["points"]
    settings = {(point["bound"], point["drawn"], point["design"]) for point in points}
    assert settings == {
        (bound, drawn, design) for bound in (None, 1.5) for drawn in (False, True) for design in ("orders", "single")
    }
    assert all(point["answers"] == 3 and point["refused"] == 0 for point in points)
    assert "bound 1.5, drawn patients" in (tmp_path / "labels.md").read_text(encoding="utf-8")


def test_an_image_is_found_in_its_plain_update_and_not_in_its_private_one(tmp_path: Path) -> None:
    quick = ("--part", "inversion", "--quick", "--seeds", "1", "--out", str(tmp_path))
    done = CliRunner().invoke(app, ["attacks", *quick], catch_exceptions=False)
    assert done.exit_code == 0
    plain, private = json.loads((tmp_path / "inversion.json").read_text(encoding="utf-8"))
    assert plain["psnr"] > plain["guessed"] + 6
    assert plain["labels"] == 1
    assert private["psnr"] < private["guessed"]
    assert 0 < private["epsilon"] <= 8
    assert (tmp_path / "inversion.png").is_file()
