"""The model's probabilities on new examinations beside what their reports say, by month."""

import re
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from glsmed.client.data.manifest import OPTIONAL, REQUIRED, read_manifest
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.labels.label_table import LabelRow, load_label_table
from glsmed.client.labels.site_labels import label_source
from glsmed.client.monitoring.drift import MonthDrift, look_for_drift
from glsmed.client.monitoring.drift_reference import Cell, by_patient, read_drift_reference
from glsmed.client.settings.config import SiteConfig
from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.protocol.study import load_study
from glsmed.site_adapters.inputs.csv_files import read_csv

UNDATED = "undated"
_MONTH = re.compile(r"(\d{4})-?(0[1-9]|1[0-2])")
_MUST, _MAY = ("study_id", "finding", "probability"), ("image", "low", "high", "alert")


@dataclass(frozen=True, slots=True)
class SiteDrift:
    """Every month, and how much of the two files could be used.

    Attributes:
        predictions: rows of predictions.csv.
        used: those of them whose report says something of the finding.
        unknown: those whose examination has no report in the manifest.
    """

    months: list[MonthDrift]
    predictions: int
    used: int
    unknown: int


@dataclass(frozen=True, slots=True)
class _Prediction:
    study_id: str
    finding: str
    probability: float


def site_drift(config: SiteConfig, *, predictions: Path, manifest: Path) -> SiteDrift:
    """The months of new examinations beside the held-out patients of the time when the model was shipped.

    Reports are read with the site's adapter and calibration, as for training; its own label table stays as it is.

    Args:
        config: the site.
        predictions: CSV with study_id, finding, probability, as ``predict`` writes it.
        manifest: CSV of the new examinations with their reports; months come from its column acquired_on.

    Raises:
        ConfigurationError: with the faults of a file.
        DataError: the shipped model has no usable reference.
    """
    reference = read_drift_reference(config.state.shipped_model)
    said = _predictions(predictions, frozenset(reference.findings))
    reports, months = _reports(config, manifest), months_of(manifest)
    cells: dict[str, list[Cell]] = defaultdict(list)
    for one in said:
        row = reports.get((one.study_id, one.finding))
        if row is not None and row.weight > 0:
            cell = Cell(row.patient_id, one.finding, one.probability, row.posterior_mean)
            cells[months.get(one.study_id, UNDATED)].append(cell)
    values = {month: by_patient(own, reference.findings) for month, own in cells.items()}
    return SiteDrift(
        months=look_for_drift(reference, values),
        predictions=len(said),
        used=sum(map(len, cells.values())),
        unknown=sum(one.study_id not in months for one in said),
    )


def _predictions(path: Path, findings: frozenset[str]) -> list[_Prediction]:
    found: list[_Prediction] = []
    faults: list[Fault] = []
    for line, row in read_csv(path, required=_MUST, optional=_MAY):
        probability = _probability(row["probability"])
        if probability is None:
            faults.append(Fault(str(path), f"probability: expected 0 to 1, got {row['probability']!r}", line=line))
        elif row["finding"] not in findings:
            known = ", ".join(sorted(findings))
            faults.append(Fault(str(path), f"finding: expected one of {known}, got {row['finding']!r}", line=line))
        else:
            found.append(_Prediction(row["study_id"], row["finding"], probability))
    if faults:
        raise ConfigurationError(faults)
    return found


def _probability(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _reports(config: SiteConfig, manifest: Path) -> Mapping[tuple[str, str], LabelRow]:
    """The label rows of the new examinations, by examination and finding."""
    inputs = read_site_inputs(config, load_study(config.study))
    source = replace(label_source(inputs), manifest=read_manifest(manifest))
    with tempfile.TemporaryDirectory() as folder:
        rows = load_label_table(Path(folder) / "labels.sqlite", source)
    return {(row.study_id, row.finding): row for row in rows}


def months_of(manifest: Path) -> Mapping[str, str]:
    """The month of each examination in a manifest, for instance 2026-05; :data:`UNDATED` where none can be read.

    Raises:
        ConfigurationError: with the faults of the file.
    """
    months: dict[str, str] = {}
    for _, row in read_csv(manifest, required=REQUIRED, optional=OPTIONAL):
        found = _MONTH.match(row.get("acquired_on", ""))
        months.setdefault(row["study_id"], "-".join(found.groups()) if found else UNDATED)
    return months
