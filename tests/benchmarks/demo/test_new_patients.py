import csv
import io
from pathlib import Path

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.new_patients import PATIENTS, predict_new_patients
from glsmed.benchmarks.demo.programs import Programs
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from tests.client.conftest import drawn_data, write_config
from tests.client.shipped_hospital import hospital_data, shipped_state, site_file

__all__ = ["drawn_data", "hospital_data", "shipped_state", "site_file", "write_config"]


def test_the_hospitals_own_command_predicts_on_patients_who_were_not_in_the_study(
    site_file: Path, tmp_path: Path
) -> None:
    folder = DemoFolder(tmp_path / "demo")
    config = folder.config("st-mary")
    config.parent.mkdir(parents=True)
    config.write_text(site_file.read_text().replace("state_folder: state", ""))
    (config.parent / "study.yaml").write_text((site_file.parent / "study.yaml").read_text())
    (config.parent / "state").symlink_to(site_file.parent / "state")
    with Programs(tmp_path / "logs") as programs:
        said = predict_new_patients(folder, HOSPITALS[0], seed=1, programs=programs)
    rows = list(csv.DictReader(io.StringIO(folder.predictions("st-mary").read_text())))
    assert len({row["study_id"] for row in rows}) >= PATIENTS
    assert all(row["study_id"].startswith("new-") for row in rows)
    assert folder.worklist("st-mary").is_file()
    assert "have a prediction" in said
