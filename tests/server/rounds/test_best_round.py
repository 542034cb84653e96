import numpy as np
import pytest

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.best_round import choose_round, mean_line, site_results
from glsmed.shared.protocol.choice_settings import CompositeSection


def _row(
    round_number: int, site: str, value: float, *, metric: str = "log_loss", finding: str = "effusion"
) -> MetricRow:
    return MetricRow(round_number, "validation", site, "gold", finding, metric, value)


def test_the_lowest_mean_log_loss_wins() -> None:
    rows = [
        _row(1, "a", 0.6),
        _row(1, "b", 0.2),
        _row(2, "a", 0.3),
        _row(2, "b", 0.4),
        _row(3, "a", 0.5),
        _row(3, "b", 0.5),
    ]
    choice = choose_round(rows, last=3)
    assert (choice.round, choice.metric) == (2, "log_loss")
    assert choice.value == pytest.approx(0.35)


def test_a_site_that_was_away_in_some_rounds_favours_none() -> None:
    rows = [_row(1, "a", 0.5), _row(1, "hard", 2.0), _row(2, "a", 0.6)]
    assert choose_round(rows, last=2).round == 1


def test_of_equal_rounds_the_first_is_kept() -> None:
    assert choose_round([_row(1, "a", 0.5), _row(2, "a", 0.5)], last=2).round == 1


def test_auroc_decides_where_no_site_sends_log_loss() -> None:
    rows = [_row(1, "a", 0.7, metric="auroc"), _row(2, "a", 0.8, metric="auroc"), _row(3, "a", 0.75, metric="auroc")]
    assert (choose_round(rows, last=3).round, choose_round(rows, last=3).metric) == (2, "auroc")


def test_without_any_metric_the_last_round_is_kept_and_says_why() -> None:
    assert str(choose_round([], last=7)) == "round 7 (the last: no site sent its validation metrics of two rounds)"
    assert choose_round([_row(1, "a", 0.5), _row(2, "b", 0.5)], last=2).round == 2


def test_rounds_without_a_common_pair_are_compared_through_others() -> None:
    """By hand: mass is 1 harder than effusion (round 2), nodule 1 harder than mass (round 3)."""
    rows = [
        _row(1, "a", 0.5),
        *(_row(2, "a", 0.4), _row(2, "a", 1.4, finding="mass")),
        *(_row(3, "a", 1.3, finding="mass"), _row(3, "a", 2.3, finding="nodule")),
        _row(4, "a", 2.45, finding="nodule"),
    ]
    choice = choose_round(rows, last=4)
    assert choice.round == 3
    assert choice.value == pytest.approx(0.3 + (0 + 1 + 2) / 3)


def test_findings_that_disagree_are_weighed_by_least_squares() -> None:
    """Three rounds, each lacking another finding; the reference is numpy's fit of the whole design."""
    seen = {(1, "a"): 0.5, (1, "b"): 0.9, (2, "b"): 0.8, (2, "c"): 0.2, (3, "a"): 0.3, (3, "c"): 0.35}
    design = np.array([[*(r == k for k in (1, 2, 3)), *(s == k for k in "abc")] for r, s in seen], dtype=float)
    balanced = np.vstack([design, [0, 0, 0, 1, 1, 1]])
    expected = np.linalg.lstsq(balanced, np.array([*seen.values(), 0.0]), rcond=None)[0][:3]
    choice = choose_round([_row(r, "site", value, finding=s) for (r, s), value in seen.items()], last=3)
    assert choice.round == int(expected.argmin()) + 1
    assert choice.value == pytest.approx(expected.min())


def test_of_three_sites_the_median_decides_whatever_one_of_them_claims() -> None:
    honest = [_row(r, site, value) for r, value in ((1, 0.6), (2, 0.4), (3, 0.9)) for site in ("a", "b")]
    for claimed in (0.0, 100.0):
        rows = [*honest, _row(1, "c", 0.6), _row(2, "c", 0.5), _row(3, "c", claimed)]
        choice = choose_round(rows, last=3)
        assert (choice.round, choice.over_sites) == (2, "median")
        assert str(choice) == "round 2 (median validation log_loss 0.4000)"


def test_a_round_that_one_of_three_sites_measured_alone_is_not_chosen() -> None:
    rows = [_row(r, site, 0.5 - 0.1 * r) for r in (1, 2) for site in ("a", "b", "c")]
    assert choose_round([*rows, _row(3, "c", 0.0)], last=3).round == 2


@pytest.mark.parametrize("seed", range(5))
def test_where_both_sites_sent_every_round_the_plain_means_decide(seed: int) -> None:
    values = np.random.default_rng(seed).random((6, 2))
    rows = [_row(r + 1, f"site-{s}", float(values[r, s])) for r in range(6) for s in range(2)]
    choice = choose_round(rows, last=6)
    assert choice.round == int(values.mean(1).argmin()) + 1
    assert choice.value == pytest.approx(values.mean(1).min())


def test_of_rounds_that_cannot_be_compared_the_larger_group_counts() -> None:
    rows = [_row(1, "a", 0.5), _row(2, "a", 0.6), _row(3, "b", 0.1)]
    assert choose_round(rows, last=3).round == 1


def test_numbers_of_other_splits_do_not_decide() -> None:
    test_row = MetricRow(2, "test", "a", "gold", "effusion", "log_loss", 0.1)
    assert choose_round([_row(1, "a", 0.5), test_row], last=2).round == 1


def test_results_are_grouped_by_site_and_finding() -> None:
    rows = [
        _row(1, "b", 0.8, metric="auroc"),
        _row(1, "a", 0.6, metric="auroc"),
        _row(1, "a", 0.7, metric="auroc", finding="mass"),
        _row(1, "a", 31, metric="patients", finding=""),
    ]
    results = site_results(rows)
    assert list(results) == ["a", "b"]
    assert results["a"] == {
        "reference": "gold",
        "findings": {"effusion": {"auroc": 0.6}, "mass": {"auroc": 0.7}},
        "macro": {"auroc": pytest.approx(0.65)},
        "counts": {"patients": 31},
        "missing": {},
        "calibration": [],
    }


def test_the_line_for_people_holds_the_means() -> None:
    assert mean_line([_row(1, "a", 0.6), _row(1, "b", 0.4)]) == "log_loss 0.5000"
    assert "no site sends" in mean_line([])


def test_the_summary_says_in_words_why_a_finding_has_no_number() -> None:
    rows = [_row(1, "a", 3.0, metric="missing", finding="hernia"), _row(1, "a", 0.3)]
    (site,) = site_results(rows).values()
    assert isinstance(site, dict)
    assert site["missing"] == {"hernia": "too few patients with it, or without it"}
    assert site["macro"] == {"log_loss": 0.3}


def test_the_summary_has_the_bins_that_came_whole() -> None:
    bins = {
        "calibration_cells_2": 40.0,
        "calibration_said_2": 0.25,
        "calibration_true_2": 0.3,
        "calibration_said_3": 0.3,
    }
    rows = [_row(1, "a", value, metric=metric, finding="") for metric, value in bins.items()]
    (site,) = site_results(rows).values()
    assert isinstance(site, dict)
    assert site["calibration"] == [{"cells": 40.0, "said": 0.25, "true": 0.3}]
    assert site["counts"] == {}


_EQUAL = CompositeSection()


def _parts(number: int, site: str, *values: float, finding: str = "effusion") -> list[MetricRow]:
    """Rows of false alerts, misses and calibration error, with a log-loss that says the opposite."""
    names = ("false_alert_rate", "miss_rate", "ece")
    rows = [_row(number, site, value, metric=name, finding=finding) for name, value in zip(names, values, strict=True)]
    return [*rows, _row(number, site, 1 - sum(values), finding=finding)]


def test_the_studys_own_score_chooses_where_it_is_asked_for() -> None:
    rows = [*_parts(1, "a", 0.3, 0.2, 0.1), *_parts(2, "a", 0.1, 0.1, 0.1)]
    choice = choose_round(rows, last=2, composite=_EQUAL)
    assert (choice.round, choice.metric) == (2, "composite")
    assert choice.value == pytest.approx(0.1)
    assert choose_round(rows, last=2).round == 1


def test_the_weights_of_the_parts_decide() -> None:
    rows = [*_parts(1, "a", 0.1, 0.4, 0.1), *_parts(2, "a", 0.3, 0.1, 0.1)]
    assert choose_round(rows, last=2, composite=CompositeSection(misses=5)).round == 2
    assert choose_round(rows, last=2, composite=CompositeSection(false_alerts=5)).round == 1


@pytest.mark.parametrize(("times", "best"), [(1.0, 1), (5.0, 2)])
def test_a_rare_finding_counts_as_often_as_it_is_said(times: float, best: int) -> None:
    rows = [
        *(*_parts(1, "a", 0.1, 0.1, 0.1), *_parts(1, "a", 0.3, 0.3, 0.3, finding="nodule")),
        *(*_parts(2, "a", 0.3, 0.3, 0.3), *_parts(2, "a", 0.2, 0.2, 0.2, finding="nodule")),
    ]
    choice = choose_round(rows, last=2, composite=CompositeSection(rare_findings={"nodule": times}))
    assert choice.round == best
    assert choice.value == pytest.approx({1: (0.1 + times * 0.3), 2: (0.3 + times * 0.2)}[best] / (1 + times))


def test_one_of_three_sites_cannot_choose_by_what_it_claims_of_the_score() -> None:
    honest = {1: 0.3, 2: 0.1, 3: 0.2}
    rows = [row for number, value in honest.items() for site in "ab" for row in _parts(number, site, *[value] * 3)]
    rows += [row for number, value in {1: 1.0, 2: 1.0, 3: 0.0}.items() for row in _parts(number, "liar", *[value] * 3)]
    choice = choose_round(rows, last=3, composite=_EQUAL)
    assert (choice.round, choice.over_sites) == (2, "median")
    of_two = [row for row in rows if row.site != "b"]
    assert choose_round(of_two, last=3, composite=_EQUAL).round == 3  # two sites have no median: the control


def test_log_loss_chooses_where_no_site_sends_all_parts() -> None:
    rows = [row for row in [*_parts(1, "a", 0.1, 0.1, 0.1), *_parts(2, "a", 0.3, 0.3, 0.3)] if row.metric != "ece"]
    assert (choose_round(rows, last=2, composite=_EQUAL).metric, choose_round(rows, last=2).round) == ("log_loss", 2)


def test_a_weighed_mean_of_incomplete_rounds_is_that_of_weighted_least_squares() -> None:
    """Independent reference: weighted least squares on the design of rounds and pairs, by numpy."""
    rng = np.random.default_rng(4)
    findings, times = ("effusion", "nodule", "mass"), np.array([1.0, 4.0, 1.0])
    known = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=bool)
    values = rng.uniform(0.1, 0.9, known.shape)
    rows = [
        row
        for number, place in zip(*np.nonzero(known), strict=True)
        for row in _parts(int(number), "a", *[float(values[number, place])] * 3, finding=findings[place])
    ]
    design = np.array(
        [np.r_[np.eye(4)[number], np.eye(3)[place]] for number, place in zip(*np.nonzero(known), strict=True)]
    )
    root = np.sqrt(times[np.nonzero(known)[1]])
    found = np.linalg.lstsq(design * root[:, None], values[known] * root, rcond=None)[0]
    means = found[:4] + times @ found[4:] / times.sum()
    choice = choose_round(rows, last=3, composite=CompositeSection(rare_findings={"nodule": 4}))
    assert choice.round == int(means.argmin())
    assert choice.value == pytest.approx(float(means.min()))


def test_of_sums_only_those_of_the_same_sites_are_compared() -> None:
    """Without the hardest hospital the mean is lower, which says nothing for that round's model."""
    rows = [_row(1, "all sites", 0.5), _row(2, "all sites but hard", 0.1), _row(3, "all sites", 0.4)]
    choice = choose_round(rows, last=3)
    assert (choice.round, choice.over_sites) == (3, "pooled")
    assert str(choice) == "round 3 (pooled validation log_loss 0.4000)"
