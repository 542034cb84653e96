import numpy as np
import pytest

from glsmed.client.site_page.cue_drift import CueChange, CueDrift, cue_blocks, look_at_cues
from glsmed.shared.pages.blocks import Paragraph, Table


def months_of(counts: dict[str, int]) -> dict[str, str]:
    """So many examinations in each month."""
    return {f"{month}/{number}": month for month, count in counts.items() for number in range(count)}


def uses(counts: dict[str, int]) -> set[str]:
    """So many examinations of each month with a cue."""
    return set(months_of(counts))


def test_a_cue_that_is_used_more_often_than_before_is_named() -> None:
    months = months_of({"2026-01": 100, "2026-02": 100})
    found = look_at_cues(
        {"likely": uses({"2026-01": 10, "2026-02": 40}), "no": uses({"2026-01": 50, "2026-02": 50})}, months
    )
    assert found == CueDrift([CueChange("2026-02", "likely", 40, 100, 10, 100)], ["2026-02"], 2)
    (_, table, _) = cue_blocks(found)
    assert isinstance(table, Table)
    assert table.rows == [["2026-02", "likely", "40 / 100 (40 %)", "10 / 100 (10 %)", "more often"]]


def test_the_level_is_shared_among_all_cues() -> None:
    months = months_of({"2026-01": 100, "2026-02": 100})
    one = {"likely": uses({"2026-01": 10, "2026-02": 25})}  # p = .009 by scipy's fisher_exact
    others = {f"c{number}": uses({"2026-01": 10, "2026-02": 10}) for number in range(20)}
    assert len(look_at_cues(one, months).changes) == 1
    assert look_at_cues({**one, **others}, months).changes == []


@pytest.mark.parametrize(
    "counts", [{"2026-01": 100}, {"2026-01": 19, "2026-02": 100}, {"2026-01": 99, "2026-02": 19}, {"undated": 500}]
)
def test_without_twenty_dated_reports_then_and_before_nothing_is_judged(counts: dict[str, int]) -> None:
    found = look_at_cues({"likely": uses(counts)}, months_of(counts))
    assert found.judged == []
    (words,) = cue_blocks(found)
    assert isinstance(words, Paragraph)
    assert words.text.startswith("Not judged")


def test_unchanged_writing_seldom_gives_an_alert() -> None:
    rng, months = np.random.default_rng(0), months_of({"2026-01": 60, "2026-02": 60})
    studies = sorted(months)
    alerts = 0
    for _ in range(60):
        drawn = {f"c{number}": {one for one in studies if rng.random() < 0.3} for number in range(5)}
        alerts += bool(look_at_cues(drawn, months).changes)
    assert alerts <= 3  # at 1 % each, more than three of sixty come once in 350 tests
