import json
from pathlib import Path

import pytest

from glsmed.site_adapters.commands.bench import bench_command
from glsmed.site_adapters.commands.calibrate import calibrate_command
from glsmed.site_adapters.commands.evaluate import evaluate_command
from glsmed.site_adapters.commands.extract import extract_command
from glsmed.site_adapters.commands.suggest import suggest_command
from glsmed.site_adapters.inputs.jsonl import STREAM

TEXTS = ("Possible effusion.", "No effusion.", "Seemingly effusion.")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A site's manifest of thirty examinations beside gold.csv, which has a finding in another spelling too."""
    lines = ["study_id,patient_id,image,report,report_text"]
    lines += [f"s{n},p{n},{n}.png,r{n}.txt," for n in range(30)]
    for n in range(30):
        (tmp_path / f"r{n}.txt").write_text(f"{TEXTS[n % 3]} Film {n}.")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    gold = ["study_id,finding,value", *(f"s{n},effusion,{int(n % 3 == 0)}.0" for n in range(30)), "s1,Effusion,0"]
    (tmp_path / "gold.csv").write_text("\n".join(gold) + "\n")
    return tmp_path / "manifest.csv"


def test_extract_answers_each_examination(manifest: Path, tmp_path: Path) -> None:
    extract_command("en_radiology", source=manifest, target=tmp_path / "labels.jsonl")
    answers = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert [answer["id"] for answer in answers] == [f"s{n}" for n in range(30)]
    assert [answer["findings"]["effusion"]["state"] for answer in answers[:2]] == ["uncertain", "absent"]


def test_evaluate_and_calibrate_learn_from_it(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = tmp_path / "gold.csv"
    evaluate_command("en_radiology", reports=manifest, gold=gold)
    calibrate_command("en_radiology", reports=manifest, gold=gold, target=tmp_path / "c.yaml")
    said = capsys.readouterr()
    assert json.loads(said.out[: said.out.index("\n}") + 2])["adapter"].startswith("en_radiology")
    assert said.err.count("'Effusion' (1); did you mean 'effusion'?") == 2
    assert (tmp_path / "c.yaml").exists()


def test_suggest_and_bench_read_it(manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suggest_command("en_radiology", reports=manifest, gold=tmp_path / "gold.csv", target=STREAM)
    bench_command("en_radiology", against="en_radiology", reports=manifest, gold=tmp_path / "gold.csv")
    said = capsys.readouterr()
    assert "phrases: [seemingly]" in said.out
    assert "mentioned findings in 30 reports change" in said.out
    assert said.err.count("did you mean 'effusion'?") == 2
