"""Sites whose patients' privacy is spent: they train no more, and the study ends in order."""

import json

import pytest

from glsmed.server.folders.run_folder import read_status
from glsmed.shared.errors import FederationError, PrivacyBudgetError
from tests.misbehaving_sites import only, raises
from tests.server.rounds.test_rounds import Federation, federation

__all__ = ["federation"]

SPENT = raises(PrivacyBudgetError("would raise epsilon"))


def test_the_study_goes_on_with_the_others_and_measures_at_all(federation: Federation) -> None:
    federation.faults["a"] = only(SPENT, rounds={2, 3})
    summary = federation.run()
    assert [record[0] for record in federation.records()] == [1, 2, 3]
    assert federation.records()[1][4]["a"].startswith("PrivacyBudgetError (the site's privacy budget is spent")
    assert federation.records()[2][4] == {}  # not asked again
    assert summary["privacy_budget_spent"] == ["a"]
    sites = summary["sites"]
    assert isinstance(sites, dict)
    assert sorted(sites) == ["a", "b", "c"]


def test_where_too_few_can_train_the_study_ends_with_its_evaluation(federation: Federation) -> None:
    for site in ("a", "b"):
        federation.faults[site] = only(SPENT, rounds={3})
    summary = federation.run()
    assert summary["rounds"] == 2
    assert summary["best_round"] == 2
    assert summary["privacy_budget_spent"] == ["a", "b"]
    status = read_status(federation.root)
    assert status is not None
    assert status.state == "finished"
    events = [json.loads(line)["event"] for line in (federation.root / "audit.jsonl").read_text().splitlines()]
    assert events.count("site_budget_spent") == 2
    assert "run_finished" in events
    assert federation.run() == summary


def test_a_budget_that_suffices_for_no_round_is_said_so(federation: Federation) -> None:
    for site in ("a", "b", "c"):
        federation.faults[site] = only(SPENT)
    with pytest.raises(FederationError, match="the privacy budget of a, b, c does not suffice"):
        federation.run()
