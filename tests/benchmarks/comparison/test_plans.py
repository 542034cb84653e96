from dataclasses import replace

import pytest

from glsmed.benchmarks.comparison.fitting import FitSettings
from glsmed.benchmarks.comparison.plans import PlanOptions, make_plan
from glsmed.benchmarks.methods.catalogue import CANDIDATES
from glsmed.shared.errors import UsageError

ASKED = PlanOptions("drawn", ["alike"], ["gold"], ["gce"])


def test_a_plan_holds_what_was_asked_for() -> None:
    plan = make_plan(replace(ASKED, seeds=3, gold=10, test=20, epochs=7, folds=4))
    assert (plan.scenarios, plan.arms, plan.methods) == (("alike",), ("gold",), ("gce",))
    assert (plan.seeds, plan.sizes.gold, plan.sizes.test, plan.folds, plan.tuned) == (3, 10, 20, 4, True)
    assert plan.settings == FitSettings(epochs=7)


def test_every_method_is_run_unless_told() -> None:
    assert make_plan(replace(ASKED, methods=())).methods == tuple(CANDIDATES)


def test_quick_is_small() -> None:
    quick = make_plan(replace(ASKED, methods=(), seeds=9, quick=True))
    assert (quick.seeds, quick.sizes.train, quick.settings.epochs, quick.tuned) == (2, 200, 8, False)


def test_a_folder_of_pictures_is_named_without_its_path() -> None:
    assert make_plan(replace(ASKED, pixels="/data/my-pictures")).pixels == "my-pictures"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (replace(ASKED, scenarios=["alik"]), "no scenario 'alik'; did you mean 'alike'"),
        (replace(ASKED, arms=["golden"]), "no arm 'golden'; did you mean 'gold'"),
        (replace(ASKED, methods=["gcee"]), "no method 'gcee'; did you mean 'gce'"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(wrong: PlanOptions, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_plan(wrong)


def test_a_method_about_federations_needs_a_federated_arm() -> None:
    with pytest.raises(UsageError, match="gold-federated"):
        make_plan(replace(ASKED, methods=["fednoro"]))
    assert make_plan(replace(ASKED, arms=["gold", "gold-federated"], methods=["fednoro"])).methods == ("fednoro",)
