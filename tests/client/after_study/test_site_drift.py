import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.after_study.site_drift import site_drift
from glsmed.client.monitoring.drift_reference import Cell, DriftReference, by_patient, write_drift_reference
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.shared.errors import ConfigurationError, DataError

FINDINGS = ("effusion", "cardiomegaly", "nodule", "consolidation", "pneumothorax")
WORDS = {1: "Small right pleural effusion.", 0: "No pleural effusion."}
READ = {1: 0.97, 0: 0.01}  # what the adapter reads in them


def said_of(truth: int, rng: np.random.Generator, *, shift: float = 0.0) -> float:
    return float(1 / (1 + np.exp(-(4 * truth - 2 + shift + rng.normal(0, 0.5)))))


@pytest.fixture
def config(write_config: Callable[..., Path]) -> SiteConfig:
    """A site whose model was right about its reports when it shipped."""
    found = load_site(write_config())
    rng = np.random.default_rng(0)
    cells = []
    for number in range(200):
        truth = number % 2
        cells.append(Cell(f"p{number}", "effusion", said_of(truth, rng), READ[truth]))
    reference = DriftReference(FINDINGS, by_patient(cells, FINDINGS))
    write_drift_reference(found.state.shipped_model, reference, study="d" * 64)
    return found


@pytest.fixture
def new_examinations(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """A function that writes predictions.csv and manifest.csv of two months; the model is shifted in the second."""

    def write(shift: float) -> tuple[Path, Path]:
        rng, rows, said = np.random.default_rng(1), [], []
        for number in range(120):
            month, truth = ("2026-05-07", "20260607")[number % 2], (number // 2) % 2
            (tmp_path / f"{number}.png").touch()
            rows.append([f"s{number}", f"new{number}", f"{number}.png", "", WORDS[truth], month])
            probability = said_of(truth, rng, shift=shift if number % 2 else 0.0)
            said.append([f"s{number}", "a.png", "effusion", f"{probability:.4f}", "", "", ""])
        said.append(["stranger", "a.png", "effusion", "0.5", "", "", ""])
        manifest = _write(
            tmp_path / "new.csv", ["study_id", "patient_id", "image", "report", "report_text", "acquired_on"], rows
        )
        head = ["study_id", "image", "finding", "probability", "low", "high", "alert"]
        return _write(tmp_path / "predictions.csv", head, said), manifest

    return write


def _write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as output:
        csv.writer(output).writerows([header, *rows])
    return path


def test_a_month_in_which_the_model_says_too_much_is_an_alert(
    config: SiteConfig, new_examinations: Callable[..., tuple[Path, Path]]
) -> None:
    predictions, manifest = new_examinations(2.0)
    found = site_drift(config, predictions=predictions, manifest=manifest)
    may, june = found.months
    assert (may.month, may.outside, june.month) == ("2026-05", (), "2026-06")
    assert [one.finding for one in june.outside if one.watched == "difference"] == ["effusion"]
    assert (found.predictions, found.used, found.unknown) == (121, 120, 1)


def test_months_like_those_before_are_inside(
    config: SiteConfig, new_examinations: Callable[..., tuple[Path, Path]]
) -> None:
    predictions, manifest = new_examinations(0.0)
    assert all(not month.outside for month in site_drift(config, predictions=predictions, manifest=manifest).months)


def test_the_sites_own_label_table_stays_as_it_is(
    config: SiteConfig, new_examinations: Callable[..., tuple[Path, Path]]
) -> None:
    config.state.label_table.parent.mkdir(parents=True, exist_ok=True)
    config.state.label_table.write_text("as it was")
    predictions, manifest = new_examinations(0.0)
    site_drift(config, predictions=predictions, manifest=manifest)
    assert config.state.label_table.read_text() == "as it was"


def test_every_bad_row_is_named(config: SiteConfig, new_examinations: Callable[..., tuple[Path, Path]]) -> None:
    predictions, manifest = new_examinations(0.0)
    head = ["study_id", "finding", "probability"]
    _write(predictions, head, [["s1", "effusion", "1.5"], ["s1", "hernia", "0.5"], ["s2", "nodule", "nan"]])
    with pytest.raises(ConfigurationError) as caught:
        site_drift(config, predictions=predictions, manifest=manifest)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 4]


def test_without_a_shipped_model_it_says_where_the_reference_comes_from(
    write_config: Callable[..., Path], tmp_path: Path
) -> None:
    config = load_site(write_config())
    with pytest.raises(DataError, match="a study writes it with its final evaluation"):
        site_drift(config, predictions=tmp_path / "p.csv", manifest=tmp_path / "m.csv")
