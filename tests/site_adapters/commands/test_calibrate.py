import json
from pathlib import Path

import pytest

from glsmed.shared.cue_calibration.shared_prior import SharedBelief, SharedPrior
from glsmed.shared.errors import ConfigurationError, UsageError
from glsmed.site_adapters.calibration.calibration_file import load_calibration_file
from glsmed.site_adapters.commands.calibrate import calibrate_command
from glsmed.site_adapters.commands.evaluate import evaluate_command
from glsmed.site_adapters.commands.extract import extract_command

DOUBT = "Perhaps effusion."
ADAPTER = """
adapter: tiny
language: en
grammar: {script: words}
section_weights: {body: 1}
findings: {effusion: {terms: [effusion]}}
cues:
  - {id: affirmed, kind: affirmation}
  - {id: negated, kind: negation, phrases: ["no"]}
  - {id: perhaps, kind: uncertainty, phrases: [perhaps], certainty: 0.33, strength: 4}
"""


def site(folder: Path, *, reports: int = 30) -> tuple[Path, Path]:
    """Reports that doubt an effusion which is never there, and their gold labels."""
    lines = [json.dumps({"id": str(number), "text": DOUBT}) for number in range(reports)]
    (folder / "r.jsonl").write_text("\n".join(lines) + "\n")
    rows = [f"{number},effusion,0" for number in range(reports)]
    (folder / "gold.csv").write_text("\n".join(["study_id,finding,value", *rows]) + "\n")
    return folder / "r.jsonl", folder / "gold.csv"


def tiny(folder: Path) -> str:
    (folder / "tiny.yaml").write_text(ADAPTER)
    return str(folder / "tiny.yaml")


def calibrated(folder: Path) -> Path:
    reports, gold = site(folder)
    calibrate_command(tiny(folder), reports=reports, gold=gold, prior=None, target=folder / "c.yaml")
    return folder / "c.yaml"


def test_the_file_holds_what_was_counted(tmp_path: Path) -> None:
    level = load_calibration_file(calibrated(tmp_path)).cues["perhaps"]
    assert (level.trials, level.successes) == (30, 0)


def test_reliability_is_printed_before_and_after(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrated(tmp_path)
    told = capsys.readouterr().out
    assert "30 gold labels on mentioned findings, 30 of them hedged, in 30 reports" in told
    assert "  0.3 to 0.4       30       0.330  0.000" in told
    assert "  0.0 to 0.1       30 " in told


def test_it_says_that_test_patients_are_used_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrated(tmp_path)
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "including those of test patients" in line and "glsmed-client" in line] == told


def test_a_single_report_is_not_held_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports, gold = site(tmp_path, reports=1)
    calibrate_command(tiny(tmp_path), reports=reports, gold=gold, prior=None, target=tmp_path / "c.yaml")
    assert "the calibration is not tested" in capsys.readouterr().out


def test_faults_leave_no_file(tmp_path: Path) -> None:
    reports, gold = site(tmp_path)
    gold.write_text(gold.read_text() + "0,effusion,7\n")
    with pytest.raises(ConfigurationError, match=r"gold\.csv:32: value: expected 0 or 1, got '7'"):
        calibrate_command(tiny(tmp_path), reports=reports, gold=gold, prior=None, target=tmp_path / "c.yaml")
    assert not (tmp_path / "c.yaml").exists()


def test_a_finding_that_the_adapter_does_not_know_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports, gold = site(tmp_path)
    gold.write_text(gold.read_text() + "0,efusion,1\n")
    calibrate_command(tiny(tmp_path), reports=reports, gold=gold, prior=None, target=tmp_path / "c.yaml")
    told = capsys.readouterr().err
    assert "1 of 31 row(s) left out: finding(s) that do not count here: 'efusion' (1); did you mean 'effusion'?" in told


def test_a_site_without_labels_takes_the_shared_prior(tmp_path: Path) -> None:
    belief = SharedBelief(mean=0.1, strength=30, sites=4, trials=90)
    prior = SharedPrior(cues={"en/perhaps": belief}, families={})
    (tmp_path / "shared.yaml").write_text(prior.model_dump_json())
    target = tmp_path / "c.yaml"
    calibrate_command(tiny(tmp_path), reports=None, gold=None, prior=tmp_path / "shared.yaml", target=target)
    level = load_calibration_file(target).cues["perhaps"]
    assert (level.prior, level.strength, level.mean, level.trials) == (0.1, 30, 0.1, 0)


@pytest.mark.parametrize("given", [{}, {"reports": Path("r.jsonl")}, {"gold": Path("g.csv"), "prior": Path("p.yaml")}])
def test_too_little_to_calibrate_with_is_a_wrong_command(tmp_path: Path, given: dict[str, Path]) -> None:
    reports, gold, prior = (given.get(name) for name in ("reports", "gold", "prior"))
    with pytest.raises(UsageError, match="give --reports and --gold, or --prior"):
        calibrate_command(tiny(tmp_path), reports=reports, gold=gold, prior=prior, target=tmp_path / "c.yaml")


def test_extract_says_the_calibrated_probability(tmp_path: Path) -> None:
    calibration, target = calibrated(tmp_path), tmp_path / "out.jsonl"
    extract_command(tiny(tmp_path), source=tmp_path / "r.jsonl", target=target, calibration=calibration)
    cell = json.loads(target.read_text().splitlines()[0])["findings"]["effusion"]
    expected = load_calibration_file(calibration).cues_by_finding["perhaps"]["effusion"]
    assert (cell["state"], cell["probability"]) == ("uncertain", round(expected.mean, 4))
    assert cell["spread"] == round(expected.spread, 4)


def test_evaluate_prints_json_with_and_without_calibration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibration = calibrated(tmp_path)
    scores = []
    for choice in (None, calibration):
        capsys.readouterr()
        evaluate_command(tiny(tmp_path), reports=tmp_path / "r.jsonl", gold=tmp_path / "gold.csv", calibration=choice)
        scores.append(json.loads(capsys.readouterr().out))
    assert scores[0]["adapter"] == "tiny@1"
    assert scores[0]["hedged"]["brier"] == pytest.approx(0.33**2)
    assert scores[1]["hedged"]["brier"] < 0.01
