import json
from datetime import UTC, datetime

import pytest

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.status_lines import status_lines
from glsmed.server.reporting.missing import missing_in_words, not_looked_at, unmeasured_sites, why_missing
from glsmed.server.reporting.model_card import model_card
from glsmed.server.reporting.report import report_page
from glsmed.server.reporting.study_record import read_study_record
from glsmed.shared.pages.html_page import as_html


@pytest.mark.parametrize(
    ("site", "finding", "metric", "reason"),
    [
        ("st-mary", "effusion", "auroc", ""),
        ("st-mary", "nodule", "auroc", "too few patients with it, or without it"),
        ("st-mary", "hernia", "brier", "the site's adapter does not know the finding"),
        (
            "sakura",
            "effusion",
            "brier",
            "the site's policy lets no brier leave, or every one would be about too few patients",
        ),
    ],
)
def test_each_number_has_the_reason_that_the_record_tells(
    folder: StudyFolder, site: str, finding: str, metric: str, reason: str
) -> None:
    assert why_missing(read_study_record(folder).results[site], finding, metric) == reason


def test_where_a_site_says_no_reason_the_possible_ones_are_named(folder: StudyFolder) -> None:
    said = why_missing(read_study_record(folder).results["sakura"], "nodule", "auroc")
    assert said.startswith("the site did not say why: too few patients")


def test_findings_that_lack_the_same_for_the_same_reason_stand_together(folder: StudyFolder) -> None:
    lines = missing_in_words(read_study_record(folder))
    assert sum(line.startswith("sakura: nodule, hernia (auroc): ") for line in lines) == 1


def test_sites_without_any_number_are_named_with_the_reason(folder: StudyFolder) -> None:
    reasons = unmeasured_sites(read_study_record(folder))
    assert set(reasons) == {"lukas", "north"}
    assert reasons["north"] == "it never took part"
    assert reasons["lukas"].startswith("refused: ")


def test_without_bins_the_report_says_that_no_curve_is_known(folder: StudyFolder) -> None:
    assert not any(line.startswith("Calibration curves") for line in not_looked_at(read_study_record(folder)))
    metrics = folder.run / "metrics.csv"
    lines = metrics.read_text().splitlines(keepends=True)
    metrics.write_text("".join(line for line in lines if ",calibration_" not in line))
    assert any(line.startswith("Calibration curves") for line in not_looked_at(read_study_record(folder)))


def test_where_metrics_are_summed_the_report_has_those_of_all_and_says_that_single_ones_are_not_known(
    folder: StudyFolder,
) -> None:
    metrics, summary = folder.run / "metrics.csv", folder.run / "summary.json"
    for file in (folder.study_file, folder.run / "study.yaml"):
        text = file.read_text(encoding="utf-8").replace("secure_aggregation: auto", "secure_aggregation: on")
        file.write_text(text.replace("summed_metrics: false", "summed_metrics: true"), encoding="utf-8")
    rows = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(row.replace(",st-mary,", ",all sites,") for row in rows if ",sakura," not in row)
    metrics.write_text(kept, encoding="utf-8")
    summary.write_text(json.dumps({**json.loads(summary.read_text()), "chosen_over_sites": "pooled"}), encoding="utf-8")
    record = read_study_record(folder)
    assert list(record.results) == ["all sites"]
    assert any("(of all sites together" in line for line in status_lines(record.status, now=datetime.now(UTC)))
    reason = "its numbers are known in the sum only, if its policy lets them in"
    assert unmeasured_sites(record)["st-mary"] == reason
    for page in (report_page(record, written_at="now"), model_card(record, written_at="now")):
        html = as_html(page)
        assert "how it does at a single site is not" in html
        assert "best pooled validation log-loss" in html
        assert "<h3>all sites</h3>" in html
