import math

from glsmed.server.folders.run_folder import RoundRecord
from glsmed.server.reporting.parts.delays import SiteDelay, delay_blocks, read_delays
from glsmed.shared.pages.blocks import Paragraph


def record(number: int, times: dict[str, float], *, missing: dict[str, str] | None = None) -> RoundRecord:
    counted = dict.fromkeys(times, 10)
    return RoundRecord(number, 1, 100.0, accepted=True, counted=counted, not_counted=missing or {}, site_seconds=times)


def test_the_others_wait_as_long_as_the_slowest_takes_longer_than_the_next() -> None:
    rounds = [
        record(1, {"a": 10, "b": 40, "c": 15}),
        record(2, {"a": 10, "b": 30, "c": 20}),
        record(3, {"a": 9, "c": 8}),
    ]
    assert read_delays(rounds) == [
        SiteDelay("b", 35.0, last_in=2, waited=35.0, missed=0),
        SiteDelay("a", 10.0, last_in=1, waited=1.0, missed=0),
        SiteDelay("c", 15.0, last_in=0, waited=0.0, missed=0),
    ]


def test_a_site_that_was_asked_and_did_not_count_is_named() -> None:
    (first, _) = read_delays([record(1, {"a": 10}, missing={"b": "late"})])
    assert (first.site, first.missed, first.seconds) == ("b", 1, None)


def test_a_site_cannot_blame_another_by_a_time_that_cannot_be() -> None:
    lies = {"a": 10, "b": 1e300, "c": math.nan, "d": -5, "e": math.inf, "f": 101}
    assert all(one.waited == 0 for one in read_delays([record(1, lies)]))


def test_who_holds_the_study_up_is_said() -> None:
    slow = delay_blocks(read_delays([record(1, {"a": 10, "b": 40})]))[0]
    assert slow == Paragraph("b holds the study up most: the others waited 30 s for it (it was last in 1).")
    assert delay_blocks(read_delays([record(1, {"a": 10, "b": 10.5})]))[0] == Paragraph("No site holds the study up.")
    assert delay_blocks([]) == [Paragraph("No round was tried yet.")]
