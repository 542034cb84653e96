import pytest

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.missing import missing_in_words, not_looked_at, unmeasured_sites, why_missing
from glsmed.server.reporting.study_record import read_study_record


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
