import csv
from pathlib import Path

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.hospital_data import draw_hospital
from glsmed.benchmarks.reading_room.cases import FINDINGS
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.client.data.splits import split_of
from glsmed.client.settings.config import SplitSection


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def test_gold_covers_no_patient_that_is_trained_on_and_the_truth_is_kept_apart(tmp_path: Path) -> None:
    folder, hospital = DemoFolder(tmp_path), HOSPITALS[0]
    images = draw_hospital(folder, hospital, patients=40, seed=3)
    data = folder.site(hospital.name) / "data"
    manifest = _rows(data / "manifest.csv")
    patients = {row["study_id"]: row["patient_id"] for row in manifest}
    assert images == len(manifest)
    read = {row["study_id"] for row in _rows(data / "gold.csv")}
    assert read == {study for study, patient in patients.items() if split_of(patient, SplitSection()) != "train"}
    truth = _rows(folder.truth(hospital.name))
    assert len(truth) == len(patients) * len(FINDINGS)
    assert not folder.truth(hospital.name).is_relative_to(folder.site(hospital.name))
