import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glsmed.client.data.manifest import read_manifest
from glsmed.client.evaluation.shipped_model import SiteParts, write_shipped_model
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.model_use.site_model import load_site_model
from glsmed.client.model_use.site_predictions import predict_at_site, write_results
from glsmed.client.resident.preparation import by_split, load_images
from glsmed.client.settings.config import load_site
from glsmed.shared.errors import DataError
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.protocol.study import load_study
from tests.client.shipped_hospital import STUDY


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


@pytest.mark.parametrize("clahe", [False, True])
def test_an_image_of_the_training_is_seen_as_it_was_learned(
    write_config: Callable[..., Path], hospital_data: Path, clahe: bool
) -> None:
    words = {"adapter: en_radiology": f"adapter: en_radiology\n  clahe: {str(clahe).lower()}"}
    files = {"manifest": hospital_data / "manifest.csv", "gold": hospital_data / "gold.csv"}
    config = load_site(write_config(study=STUDY, replace=words, **files))
    config.state.prepare()
    study = load_study(config.study)
    entries = by_split(read_manifest(config.data.manifest), config.data.split)
    learned = load_images(config, study, entries)
    parts = SiteParts(
        site=config.site,
        clahe=clahe,
        offset=None,
        output_calibration=OutputCalibration(findings=study.findings, curves={}),
    )
    write_shipped_model(config.state.shipped_model, initial_model(study), study, round_number=1, parts=parts)
    model = load_site_model(config)
    for entry, pixels in zip(entries["train"][:5], learned.images["train"][:5], strict=True):
        assert (torch.from_numpy(model.picture(entry.image)) == pixels[0]).all()


def test_where_pictures_are_made_otherwise_than_they_were_it_is_said(site_file: Path, hospital_data: Path) -> None:
    config = load_site(site_file)
    beside = config.state.shipped_model / "site.json"
    content = json.loads(beside.read_text())
    predicted = predict_at_site(config, next((hospital_data / "images").iterdir()))
    assert predicted.otherwise_made == ""
    beside.write_text(json.dumps({**content, "pipeline": 1}))
    predicted = predict_at_site(config, next((hospital_data / "images").iterdir()))
    assert "the model learned from pictures of version 1" in predicted.otherwise_made


def test_a_site_without_a_final_model_is_told_so(site_file: Path, hospital_data: Path) -> None:
    config = load_site(site_file)
    (config.state.shipped_model / "site.json").unlink()
    with pytest.raises(DataError, match="there is no usable model here"):
        predict_at_site(config, hospital_data / "images")
