"""The script and the settings in configs/iu_xray, on the real radiographs and reports where they are."""

import csv
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from glsmed.client.cli import app
from glsmed.client.data.manifest import read_manifest
from glsmed.client.settings.config import load_site
from glsmed.shared.protocol.study import load_study
from glsmed.site_adapters.adapter.loader import load_adapter

FOLDER = Path(__file__).resolve().parents[1] / "configs" / "iu_xray"
SITES = ("hospital-a", "hospital-b")
NAMES = r"(?P<accession_number>CXR\d+)/(?P<patient_id>\d+)_"
STUDIES = 30


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("export_systems", FOLDER / "export_systems.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["export_systems"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def exports(real_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of a few studies of both hospitals."""
    real_data("openi_reports")
    folder = tmp_path_factory.mktemp("exports")
    systems = script().read_systems(real_data("iu_xray").parent)
    for site, examinations in systems.items():
        script().export(folder / site, examinations[:STUDIES])
    return folder


@pytest.mark.parametrize("site", SITES)
def test_a_hospitals_settings_load_and_its_adapter_knows_every_finding(site: str) -> None:
    config = load_site(FOLDER / f"{site}.yaml")
    assert config.site == site
    study = load_study(FOLDER / "study.yaml")
    assert config.centre.address.endswith(f":{study.centre.port}")
    assert set(study.findings) <= set(load_adapter("en_radiology").findings)


def test_the_shell_script_is_bash_and_joins_by_what_the_paths_say() -> None:
    bash = shutil.which("bash")
    assert bash is not None
    subprocess.run([bash, "-n", str(FOLDER / "run.sh")], check=True)
    assert NAMES in (FOLDER / "run.sh").read_text(encoding="utf-8")


def test_data_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "export_systems.py"), "--data", str(tmp_path), "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {tmp_path}/iu_xray/images.csv: no such file; give --data")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("site", SITES)
def test_exports_become_a_manifest_of_every_report_as_it_was_written(exports: Path, site: str) -> None:
    folder = exports / site
    words = ["import", "--images", folder / "images", "--image-names", NAMES, "--reports", folder / "ris.csv"]
    done = CliRunner().invoke(app, [str(word) for word in [*words, "--out", folder / "manifest.csv"]])
    assert done.exit_code == 0, done.output
    with (folder / "ris.csv").open(encoding="utf-8", newline="") as source:
        written = {row["accession_number"]: row["report"] for row in csv.DictReader(source)}
    assert len(written) == STUDIES - len(list((folder / "new").iterdir()))
    assert read_manifest(folder / "manifest.csv").reports == written


def test_no_new_examination_has_a_report_or_gold(exports: Path) -> None:
    for site in SITES:
        new = {path.name for path in (exports / site / "new").iterdir()}
        for table, column in (("ris.csv", "accession_number"), ("gold.csv", "study_id")):
            with (exports / site / table).open(encoding="utf-8", newline="") as source:
                assert not new & {row[column] for row in csv.DictReader(source)}
