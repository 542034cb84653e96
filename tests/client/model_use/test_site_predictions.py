import csv
import io
from pathlib import Path

import pytest

from glsmed.client.model_use.site_predictions import predict_at_site, write_results
from glsmed.client.settings.config import load_site
from glsmed.shared.errors import DataError


def test_predictions_and_notes_stand_in_two_tables(site_file: Path, hospital_data: Path, tmp_path: Path) -> None:
    table = tmp_path / "new.csv"
    image = next((hospital_data / "images").iterdir())
    (tmp_path / "empty.png").touch()
    table.write_text(f"study_id,image\ns1,{image}\ns2,empty.png\ns3,{image}\n")
    predicted = predict_at_site(load_site(site_file), table)
    notes = write_results(predicted, tmp_path / "predictions.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "predictions.csv").read_text())))
    told = list(csv.DictReader(io.StringIO(notes.read_text())))
    assert [row["study_id"] for row in rows] == ["s1"] * 5 + ["s3"] * 5
    assert [(row["study_id"], row["kind"]) for row in told][:2] == [("s2", "no prediction"), ("s3", "note")]
    assert "is empty" in told[0]["note"]


def test_a_site_without_a_final_model_is_told_so(site_file: Path, hospital_data: Path) -> None:
    config = load_site(site_file)
    (config.state.shipped_model / "site.json").unlink()
    with pytest.raises(DataError, match="there is no usable model here"):
        predict_at_site(config, hospital_data / "images")
