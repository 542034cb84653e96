import json
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.commands.suggest import suggest_command
from glsmed.site_adapters.inputs.jsonl import STREAM

FINDINGS = ("effusion", "pneumonia", "atelectasis")


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    lines = [json.dumps({"id": str(at), "text": f"Seemingly {FINDINGS[at % 3]}."}) for at in range(12)]
    (tmp_path / "r.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path / "r.jsonl"


def test_yaml_is_printed(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suggest_command("en_radiology", reports=reports, gold=None, target=STREAM)
    assert "phrases: [seemingly]" in capsys.readouterr().out


def test_gold_sets_the_certainty(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{at},{FINDINGS[at % 3]},0" for at in range(12)]
    (reports.parent / "gold.csv").write_text("\n".join(["study_id,finding,value", *rows]) + "\n")
    suggest_command("en_radiology", reports=reports, gold=reports.parent / "gold.csv", target=STREAM)
    assert "certainty: 0.1," in capsys.readouterr().out


def test_a_file_is_written_whole_and_named(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suggest_command("en_radiology", reports=reports, gold=None, target=reports.parent / "s.yaml")
    assert "cues:" in (reports.parent / "s.yaml").read_text()
    assert "wrote 1 suggestion(s)" in capsys.readouterr().out


def test_a_broken_line_is_refused(reports: Path) -> None:
    reports.write_text("{\n")
    with pytest.raises(ConfigurationError, match=r"r\.jsonl:1: is not JSON"):
        suggest_command("en_radiology", reports=reports, gold=None, target=STREAM)
