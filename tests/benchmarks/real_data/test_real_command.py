"""``glsmed-benchmark real --quick`` on a drawn data set: the whole way, what is kept, and what is said."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.benchmarks.cli import app

ANSWERED = "gls-site.gold-50.seed-0.npz"


@pytest.fixture(scope="module")
def out(drawn_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    asked = [
        "--data",
        str(drawn_dataset),
        "--elsewhere",
        str(drawn_dataset),
        "--leave-out",
        "--part",
        "methods",
        "--part",
        "federations",
        "--part",
        "policies",
    ]
    ran = CliRunner().invoke(app, ["real", *asked, "--size", "16", "--quick", "--out", str(folder)])
    assert ran.exit_code == 0, ran.output
    return folder


def test_the_tables_have_every_part(out: Path) -> None:
    text = (out / "tables.md").read_text(encoding="utf-8")
    for heading in ("no gold", "50 gold labels", "gold for all", "Labels saved", "Hospitals that took no part"):
        assert f"## {heading}" in text
    assert "Federation, 50 gold labels of each hospital" in text
    assert "Federations that make doubt 0 or 1, 50 gold labels of each hospital" in text
    assert "| federated-u-ones | doubted |" in text.replace("\\", "")
    assert "worth" in text
    assert (out / "report.html").is_file()


def test_the_summary_has_intervals_that_hold_their_means(out: Path) -> None:
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    rows = summary["50 gold labels"]["all"]["reference_less_method"]
    assert set(rows) == {"u-ones", "gls-lexicon", "gold-only"}
    for row in rows.values():
        assert all(one["low"] <= one["high"] for one in row.values())
    assert summary["gold for all"]["all"]["means"]["gold-only"]["auroc"] > 0.7  # the square can be seen
    assert summary["worth"]["low"] <= summary["worth"]["labels"] <= summary["worth"]["high"]


def test_the_reference_can_be_another_method(out: Path, drawn_dataset: Path, tmp_path: Path) -> None:
    """The same trainings, so that a difference to the new reference is the old one the other way round."""
    before = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    shutil.copytree(out, tmp_path / "copy")
    asked = ["--data", str(drawn_dataset), "--elsewhere", str(drawn_dataset), "--size", "16", "--quick"]
    ran = CliRunner().invoke(app, ["real", *asked, "--reference", "u-ones", "--out", str(tmp_path / "copy")])
    assert ran.exit_code == 0, ran.output
    after = json.loads((tmp_path / "copy" / "summary.json").read_text(encoding="utf-8"))
    rows = [one["50 gold labels"]["all"]["reference_less_method"] for one in (before, after)]
    assert set(rows[1]) == {"gls-site", "gls-lexicon", "gold-only"}
    assert rows[1]["gls-site"]["brier"]["mean"] == pytest.approx(-rows[0]["u-ones"]["brier"]["mean"])
    assert "u-ones less the method, all cells" in (tmp_path / "copy" / "tables.md").read_text(encoding="utf-8")


def test_what_is_done_is_not_done_again(out: Path, drawn_dataset: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (out / "answers").iterdir()}
    (out / "answers" / ANSWERED).unlink()
    asked = ["--data", str(drawn_dataset), "--elsewhere", str(drawn_dataset), "--size", "16", "--quick"]
    assert CliRunner().invoke(app, ["real", *asked, "--out", str(out)]).exit_code == 0
    after = {path: path.stat().st_mtime_ns for path in (out / "answers").iterdir()}
    assert {path.name for path in after if after[path] != before[path]} == {ANSWERED}


def test_a_folder_of_other_settings_is_not_mixed_with_these(out: Path, drawn_dataset: Path) -> None:
    ran = CliRunner().invoke(app, ["real", "--data", str(drawn_dataset), "--size", "24", "--quick", "--out", str(out)])
    assert ran.exit_code != 0
    assert "name another folder" in str(ran.exception)
