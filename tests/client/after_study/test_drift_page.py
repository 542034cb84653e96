import pytest

from glsmed.client.after_study.drift_page import drift_lines, drift_page
from glsmed.client.after_study.site_drift import SiteDrift
from glsmed.client.monitoring.drift import FindingDrift, MonthDrift
from glsmed.shared.pages.html_page import as_html


def _month(name: str, value: float) -> MonthDrift:
    return MonthDrift(name, 60, (FindingDrift("effusion", "difference", 60, 0.5, 0.5 - value, value, -0.1, 0.1),))


@pytest.fixture
def drift() -> SiteDrift:
    few = MonthDrift("2026-07", 3, reason="3 patients with a report that says something: fewer than 20")
    return SiteDrift([_month("2026-05", 0.02), _month("2026-06", 0.31), few], predictions=124, used=123, unknown=1)


def test_each_month_is_a_line_and_an_alert_says_by_how_much(drift: SiteDrift) -> None:
    band = "+0.310, expected -0.100 to +0.100"
    assert drift_lines(drift)[:-1] == [
        "123 of 124 predictions have a report that says something of the finding; 1 have no report in the manifest",
        "2026-05: 60 patients, inside the band",
        "2026-06: ALERT, 60 patients",
        f"  effusion: what the model says less what reports say {band} (60 patients, 0.500 against 0.190)",
        "2026-07: not judged: 3 patients with a report that says something: fewer than 20",
    ]


def test_the_page_has_the_alert_the_rate_of_false_alarms_and_months_by_name(drift: SiteDrift) -> None:
    page = as_html(drift_page(drift, site="st-mary"))
    assert "ALERT; effusion: what the model says less what reports say" in page
    assert "Of 100 months in which nothing has changed, 1 gives an alert" in page
    drawing = page[page.index("<svg") : page.index("</svg>")]
    assert "2026-05" in drawing
    assert "2026-06" in drawing
    assert "2026-07" not in drawing


def test_one_judged_month_makes_no_curve() -> None:
    one = SiteDrift([_month("2026-05", 0.0)], predictions=60, used=60, unknown=0)
    assert "<svg" not in as_html(drift_page(one, site="st-mary"))
