"""What a site keeps of a study's end: the shipped model, its model card, and what later drift is measured against."""

from collections.abc import Mapping

import structlog
import torch
from torch import nn

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.egress.local_record import LocalRecord
from glsmed.client.egress.site_numbers import Number
from glsmed.client.evaluation.beside_local import beside_local
from glsmed.client.evaluation.card.site_card import ShippedFacts, write_site_card
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.client.evaluation.model_description import ModelDescription, describe_model
from glsmed.client.evaluation.shipped_model import SiteParts, write_shipped_model
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.monitoring.drift_reference import Cell, DriftReference, by_patient, write_drift_reference
from glsmed.client.resident.preparation import by_split
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.shared.errors import DataError, GlsmedError
from glsmed.shared.processes.error_words import words_for_log
from glsmed.shared.protocol.study import Study


def keep_final_model(site: SiteRuntime, output_calibration: OutputCalibration, *, round_number: int) -> None:
    """Write the model that the site's runtime holds as this site would use it, and what belongs to it; it stays here.

    Raises:
        OSError: the disk is full.
    """
    offsets, folder = site.splits["train"].offsets, site.config.state.shipped_model
    write_shipped_model(
        folder,
        site.model,
        site.study,
        round_number=round_number,
        parts=SiteParts(
            site=site.site,
            clahe=site.config.data.clahe,
            offset=None if offsets is None else offsets[0],
            output_calibration=output_calibration,
            description=described(site.model, site.splits, site.study, device=site.device),
        ),
    )
    try:
        _describe(site, output_calibration, round_number)
    except (GlsmedError, ValueError, OSError) as error:  # the study must end for all, whatever keeps a page unwritten
        structlog.get_logger().warning("no_model_card", detail=words_for_log(error))


def beside_own_model(site: SiteRuntime, numbers: Mapping[str, Number]) -> str:
    """The study's model beside the best that the site trained alone, in words; empty where it trained none.

    Args:
        site: the site.
        numbers: what was measured of the study's model on the test split, by metric key.
    """
    return beside_local(_by_finding(numbers), _by_finding(_local_numbers(site)))


def described(
    model: nn.Module, splits: Mapping[SplitName, Examples], study: Study, *, device: torch.device
) -> ModelDescription | None:
    """Intervals, operating points and what is familiar; None where the model's answers are no numbers."""
    kind = study.model.calibration_map
    try:
        return describe_model(model, splits, kind=kind, device=device)
    except (GlsmedError, ValueError, RuntimeError) as error:  # RuntimeError: of linear algebra on what is no number
        structlog.get_logger().warning("no_model_description", detail=words_for_log(error))
        return None


def _describe(site: SiteRuntime, output_calibration: OutputCalibration, round_number: int) -> None:
    folder, test = site.config.state.shipped_model, site.splits["test"]
    measured = evaluate(site.model, test, device=site.device, output_calibration=output_calibration)
    if not bool(torch.isfinite(measured.probabilities).all()):
        raise DataError(
            "the model's probabilities are not all numbers: it has no model card and no reference for drift"
        )
    facts = ShippedFacts(
        site=site.site,
        study=site.study,
        round=round_number,
        evaluation=measured,
        test=test,
        local=_by_finding(_local_numbers(site)),
        epsilon=site.strategy.epsilon_spent(),
        sensitivity=site.config.alert_sensitivity,
    )
    write_site_card(folder, facts)
    cells = _cells(site, test, measured.probabilities.tolist())
    reference = DriftReference(site.study.findings, by_patient(cells, site.study.findings))
    write_drift_reference(folder, reference, study=site.study.digest())


def _cells(site: SiteRuntime, test: Examples, probabilities: list[list[float]]) -> list[Cell]:
    """What the model says of each test image, beside what its report means, where the report says something."""
    entries = by_split(site.inputs.manifest, site.config.data.split)["test"]
    rows = {(row.study_id, row.finding): row for row in label_rows(site.inputs) if row.weight > 0}
    return [
        Cell(entry.patient_id, finding, said[place], rows[entry.study_id, finding].posterior_mean)
        for entry, said in zip(entries, probabilities, strict=True)
        for place, finding in enumerate(test.findings)
        if (entry.study_id, finding) in rows
    ]


def _local_numbers(site: SiteRuntime) -> Mapping[str, Number]:
    try:
        known = LocalRecord(site.config.state, site.study).answer(site.splits["test"])
    except DataError as error:
        structlog.get_logger().warning("no_local_numbers", detail=words_for_log(error))
        return {}
    return {} if known is None else known.numbers


def _by_finding(numbers: Mapping[str, Number]) -> dict[str, dict[str, float]]:
    findings: dict[str, dict[str, float]] = {}
    for key, number in numbers.items():
        metric, _, finding = key.partition("/")
        if finding:
            findings.setdefault(finding, {})[metric] = number.value
    return findings
