import json
from pathlib import Path

import pytest

from glsmed.site_adapters.commands.bench import bench_command

SITE = "adapter: st-mary\nversion: 2\nextends: en_radiology\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Doubted effusions that are never there, and an adapter that does not see the doubt."""
    texts = ["Possible effusion."] * 12 + ["There is an effusion."] * 12
    lines = [json.dumps({"id": str(at), "text": text}) for at, text in enumerate(texts)]
    (tmp_path / "r.jsonl").write_text("\n".join(lines) + "\n")
    rows = [f"{at},effusion,{int(at >= 12)}" for at in range(24)]
    (tmp_path / "gold.csv").write_text("\n".join(["study_id,finding,value", *rows]) + "\n")
    (tmp_path / "worse.yaml").write_text(SITE + "cues: [{id: possible, remove: [possible]}]\n")
    return tmp_path


def test_a_regression_ends_with_exit_code_1(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench_command(
            str(site / "worse.yaml"), against="en_radiology", reports=site / "r.jsonl", gold=site / "gold.csv"
        )
    assert ended.value.code == 1
    told = capsys.readouterr().out
    assert "0: effusion: uncertain" in told
    assert "gold 0" in told
    assert "12 of 24 mentioned findings in 24 reports change" in told
    assert "WORSE, beyond noise" in told


def test_an_improvement_ends_well(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench_command("en_radiology", against=str(site / "worse.yaml"), reports=site / "r.jsonl", gold=site / "gold.csv")
    assert "WORSE" not in capsys.readouterr().out


def test_without_gold_changes_are_told_and_not_judged(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench_command(str(site / "worse.yaml"), against="en_radiology", reports=site / "r.jsonl", gold=None)
    assert capsys.readouterr().out.splitlines()[-1] == "12 of 24 mentioned findings in 24 reports change"


def test_a_version_that_was_not_raised_is_warned_of(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "former.yaml").write_text(SITE + "cues: [{id: possible, certainty: 0.3}]\n")
    bench_command(str(site / "worse.yaml"), against=str(site / "former.yaml"), reports=site / "r.jsonl", gold=None)
    assert "is 2, and" in capsys.readouterr().err


def test_a_new_phrase_that_never_matched_is_told_with_the_nearest_wording(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = "{id: guess, kind: uncertainty, certainty: 0.5, phrases: [there is any, posible, zebra crossing]}"
    (site / "idle.yaml").write_text(f"{SITE}cues: [{entry}]\n")
    bench_command(str(site / "idle.yaml"), against="en_radiology", reports=site / "r.jsonl", gold=None)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("never matched")]
    assert "'there is any' of guess stands in no report; the nearest wording is 'there is an' (12 times)" in told[0]
    assert "'posible' of guess" in told[1]
    assert "'possible' (12 times)" in told[1]
    assert "nor anything like it" in told[2]


def test_new_phrases_that_match_are_not_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "used.yaml").write_text(
        f"{SITE}cues: [{{id: guess, kind: uncertainty, certainty: 0.5, phrases: [there is an]}}]\n"
    )
    bench_command(str(site / "used.yaml"), against="en_radiology", reports=site / "r.jsonl", gold=None)
    assert "never matched" not in capsys.readouterr().out
