import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.settings.config import load_site

Typed = Callable[..., Any]


@pytest.fixture
def config_file(write_config: Callable[..., Path]) -> Path:
    line = next(line for line in write_config().read_text().splitlines() if line.strip().startswith("gold:"))
    return write_config(replace={line + "\n": ""})


def exported(folder: Path, study_id: str) -> Path:
    result = [{"from_name": "effusion", "to_name": "image", "type": "choices", "value": {"choices": ["present"]}}]
    path = folder / "export.json"
    path.write_text(json.dumps([{"data": {"study_id": study_id}, "annotations": [{"result": result}]}]))
    return path


def test_answers_from_label_studio_become_gold_and_go_out_again(
    typed: Typed, config_file: Path, drawn_data: Path, tmp_path: Path
) -> None:
    study_id = (drawn_data / "manifest.csv").read_text().splitlines()[1].split(",")[0]
    done = typed("--site", config_file, "label", "--import", exported(tmp_path, study_id))
    assert done.code == 0, done.err
    assert "took 1 answers of 1 reader(s)" in done.out
    assert (tmp_path / "gold.csv").read_text() == f"study_id,finding,value,weight\n{study_id},effusion,1,0\n"
    done = typed("--site", config_file, "label", "--export", tmp_path / "out.json")
    assert done.code == 0, done.err
    assert json.loads((tmp_path / "out.json").read_text())[0]["data"]["study_id"] == study_id
    assert (tmp_path / "out.xml").is_file()


def test_a_reader_without_a_name_is_refused(typed: Typed, config_file: Path, tmp_path: Path) -> None:
    done = typed("--site", config_file, "label", "--reader", " ", "--export", tmp_path / "out.json")
    assert (done.code, done.out) == (2, "")
    assert "--reader: expected a name" in done.err


def test_nothing_of_labelling_is_in_the_audit_log(
    typed: Typed, config_file: Path, drawn_data: Path, tmp_path: Path
) -> None:
    study_id = (drawn_data / "manifest.csv").read_text().splitlines()[1].split(",")[0]
    typed("--site", config_file, "label", "--import", exported(tmp_path, study_id))
    assert not load_site(config_file).state.audit_log.exists()
