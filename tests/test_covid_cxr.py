"""The script and the adapters in configs/covid_cxr, on the real cases where they are, and by themselves."""

import csv
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from glsmed.client.site.readiness import run_check
from glsmed.shared.protocol.study import load_study
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.examples import check_examples

FOLDER = Path(__file__).resolve().parents[1] / "configs" / "covid_cxr"
SITES = ("spain", "usa", "rest")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_sites", FOLDER / "build_sites.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["build_sites"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("site", SITES)
def test_an_adapters_own_examples_hold(site: str) -> None:
    assert check_examples(load_adapter(FOLDER / f"{site}.yaml")) == []


@pytest.mark.parametrize("site", SITES)
def test_an_adapter_knows_the_studys_findings_but_for_ards_at_one_site(site: str) -> None:
    unknown = set(load_study(FOLDER / "study.yaml").findings) - set(load_adapter(FOLDER / f"{site}.yaml").findings)
    assert unknown == ({"ards"} if site == "rest" else set())


def test_the_shell_script_is_bash() -> None:
    bash = shutil.which("bash")
    assert bash is not None
    subprocess.run([bash, "-n", str(FOLDER / "run.sh")], check=True)


def test_data_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "build_sites.py"), "--data", str(tmp_path), "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {tmp_path}/metadata_dev.csv: no such file; give --data")
    assert "Traceback" not in done.stderr


def test_the_real_cases_become_three_sites_that_could_train(
    tmp_path: Path, real_data: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data = real_data("covid_cxr")
    script().build(data, tmp_path, FOLDER / "study.yaml")
    said = capsys.readouterr().out.splitlines()
    with (data / "metadata_dev.csv").open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    noted = {(row["file"], row["clinical_notes"].strip()) for row in rows if row["clinical_notes"].strip()}
    notes = 0
    for site in SITES:
        report = run_check(tmp_path / site / "config.yaml")
        assert report.faults == []
        assert report.summary is not None
        assert min(report.summary.split_patients.values()) >= 2
        notes += report.summary.examinations
    assert notes == len({name for name, _ in noted})
    assert [line.split(":")[0] for line in said[:3]] == list(SITES)
    assert any(line.endswith("no note") for line in said)
