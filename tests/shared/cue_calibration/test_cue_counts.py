import json

import pytest

from glsmed.shared.cue_calibration.cue_counts import (
    CueCount,
    counts_from_json,
    counts_to_json,
    merge_counts,
    releasable,
)
from glsmed.shared.errors import WireError


def count(cue: str = "en/possible", trials: int = 10, successes: int = 3) -> CueCount:
    return CueCount(
        cue=cue, family="en/possibility", prior_mean=0.3, prior_strength=4, trials=trials, successes=successes
    )


def test_only_counts_of_enough_labels_leave() -> None:
    counts = [count(trials=9), count("en/probable", 10), count("en/suspected", 11)]
    assert [kept.cue for kept in releasable(counts, minimum=10)] == ["en/probable", "en/suspected"]


def test_counts_of_sites_add_up() -> None:
    sites = [[count(), count("de/possible", 5, 5)], [count(trials=2, successes=2)]]
    assert merge_counts(sites) == {"de/possible": (5, 5), "en/possible": (12, 5)}


def test_json_brings_back_what_was_sent() -> None:
    counts = [count(), count("ja/possible")]
    assert counts_from_json(counts_to_json(counts)) == counts


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"successes": 11}, "11 successes of 10 trials"),
        ({"trials": -1}, "trials"),
        ({"trials": 2.5}, "trials"),
        ({"cue": "possible"}, "cue"),
        ({"cue": "en/Patient Smith"}, "cue"),
        ({"prior_mean": 1.0}, "prior_mean"),
        ({"text": "No effusion."}, "text"),
    ],
)
def test_what_is_no_count_is_refused(change: dict[str, object], message: str) -> None:
    row = {**count().model_dump(), **change}
    with pytest.raises(WireError, match=message):
        counts_from_json(json.dumps([row]))


def test_a_cue_may_stand_there_once() -> None:
    with pytest.raises(WireError, match="twice"):
        counts_from_json(counts_to_json([count(), count()]))


@pytest.mark.parametrize("text", ["", "{}", "[1]", "null"])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(WireError, match="not as agreed"):
        counts_from_json(text)
