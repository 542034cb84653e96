from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.server.case.consortium import consortium_case
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.study_record import StudyRecord, read_study_record
from glsmed.shared.case.prices import Prices
from glsmed.shared.errors import DataError

COUNTS = {"n": 200.0, "positives": 40.0}


def _record(folder: StudyFolder, findings: dict[str, Any], alone: dict[str, Any] | None = None) -> StudyRecord:
    """The study's record as if sites had sent these numbers."""
    record = read_study_record(folder)
    results = {site: {**record.results["st-mary"], "findings": own} for site, own in findings.items()}
    summary = {**record.summary, "cross_site": {"alone": alone or {}}}
    return replace(record, results=results, summary=summary)


def test_hospitals_that_let_enough_go_are_added_up(folder: StudyFolder, prices: Prices) -> None:
    sent = {"effusion": {**COUNTS, "false_alert_rate": 0.2, "auroc": 0.85}}
    record = _record(folder, {"st-mary": sent, "sakura": sent, "lukas": {"effusion": {"auroc": 0.8}}})
    case = consortium_case(record, prices)
    assert [one.site for one in case.hospitals] == ["sakura", "st-mary"]
    assert list(case.left_out) == ["lukas"]
    year = case.year("federated")
    assert year.misses[0] == pytest.approx(2 * 20_000 * 0.2 * 0.1 * (1 - 0.9 * 0.5))
    assert year.false_alerts[0] == pytest.approx(2 * 20_000 * 0.8 * 0.2)


def test_intervals_come_from_the_counts(folder: StudyFolder, prices: Prices) -> None:
    record = _record(folder, {"st-mary": {"effusion": {**COUNTS, "false_alert_rate": 0.2}}})
    (hospital,) = consortium_case(record, prices).hospitals
    low, high = np.percentile(hospital.models["federated"].false_alerts[1:, 0], (2.5, 97.5))
    assert (low, high) == pytest.approx(beta.ppf([0.025, 0.975], 32.5, 128.5), abs=0.01)


def test_a_model_of_ones_own_is_compared_where_all_have_one(folder: StudyFolder, prices: Prices) -> None:
    sent = {"effusion": {**COUNTS, "false_alert_rate": 0.2}}
    own = {"effusion": {"false_alert_rate": 0.4}}
    both = {"st-mary": sent, "sakura": sent}
    case = consortium_case(_record(folder, both, {"st-mary": own, "sakura": own}), prices)
    assert case.models == ("local", "federated")
    assert case.year("local").false_alerts[0] == pytest.approx(2 * case.year("federated").false_alerts[0])
    partly = consortium_case(_record(folder, both, {"st-mary": own}), prices)
    assert partly.models == ("federated",)
    assert any("sakura" in line for line in partly.about)


def test_what_no_hospital_lets_go_is_no_case(folder: StudyFolder, prices: Prices) -> None:
    with pytest.raises(DataError, match="no hospital can be counted: expected false_alert_rate"):
        consortium_case(read_study_record(folder), prices)


def test_a_study_that_has_not_ended_is_no_case(folder: StudyFolder, prices: Prices) -> None:
    (folder.run / "summary.json").unlink()
    with pytest.raises(DataError, match="expected a study that has ended"):
        consortium_case(read_study_record(folder), prices)
