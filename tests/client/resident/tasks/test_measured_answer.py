"""Numbers of a model: what they are about, and how often they are told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.resident.tasks.asked_site import EGRESS, ROUNDS, Asked


def test_numbers_leave_with_three_decimals_and_counts_whole(start: Callable[[], Asked]) -> None:
    site = start()
    metrics = site.metrics(site.model(0.1))
    assert {"log_loss/effusion", "brier/effusion", "patients"} <= metrics.keys()
    assert all(value == round(value, 3) for value in metrics.values())
    assert metrics["patients"] == int(metrics["patients"])


def test_one_question_too_many_is_refused_by_name_and_the_site_goes_on(start: Callable[[], Asked]) -> None:
    site = start()
    for number in range(ROUNDS):
        site.metrics(site.model(number), split="validation", round_number=number + 1)
    refused = site.evaluate(site.model(ROUNDS), split="validation")
    assert refused.error.reason == "QueryBudgetError"
    assert site.audit()[-1] == {"code": "QueryBudgetError"}
    assert site.metrics(site.model(0), split="test")


def test_the_same_question_after_a_restart_has_the_same_answer_and_is_not_counted(start: Callable[[], Asked]) -> None:
    first = start()
    model = first.model(0.1)
    answered = first.metrics(model, round_number=2)
    assert first.audit()[-1]["note"] == "requests left: train 2 of 2, validation 2 of 2, test 0 of 1, hello 4 of 4"
    again = start()
    assert again.metrics(model, round_number=2) == answered
    assert again.audit()[-1]["note"] == "the answer that was given before"
    assert again.evaluate(again.model(0.2)).error.reason == "QueryBudgetError"


def test_a_remembered_answer_still_passes_the_policy_of_today(
    start: Callable[[], Asked], write_config: Callable[..., Path]
) -> None:
    site = start()
    model = site.model(0.1)
    site.metrics(model)
    closer = write_config(replace={"cpu_threads: 1\n": EGRESS.replace("auroc, brier, log_loss, ", "")})
    assert set(Asked(closer).metrics(model)) == {
        key for key in site.metrics(model) if key.startswith(("n/", "positives/", "patients"))
    }


def test_a_question_that_could_not_be_answered_is_counted_and_may_be_asked_again(
    start: Callable[[], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = start()
    model = site.model(0.1)
    with monkeypatch.context() as broken:
        broken.setattr("glsmed.client.resident.tasks.measured_answer.evaluate", lambda *_, **__: 1 / 0)
        assert site.evaluate(model).error.reason == "ZeroDivisionError"
    assert site.evaluate(site.model(0.2)).error.reason == "QueryBudgetError"
    assert site.metrics(model)


def test_a_model_that_overflows_is_counted_and_the_site_starts_again(start: Callable[[], Asked]) -> None:
    """Its weights are finite, its logits are not: what went wrong tells something of the images."""
    site = start()
    assert site.evaluate(site.model(3e38)).error.reason == "WireError"
    again = start()
    assert again.evaluate(again.model(3e38)).error.reason == "WireError"
    assert again.evaluate(again.model(0.1)).error.reason == "QueryBudgetError"


def test_all_but_the_last_evaluation_are_about_drawn_patients(comparing: Callable[..., Asked]) -> None:
    site = comparing()
    model = site.model(0.1)
    drawn, final = site.reply(model, of_site="sakura").metrics, site.reply(model).metrics
    assert drawn.keys() == final.keys()
    assert drawn["log_loss/effusion"] != final["log_loss/effusion"]
    assert drawn["patients"] == final["patients"]


def test_other_sites_models_end_with_their_own_budget(comparing: Callable[..., Asked]) -> None:
    site = comparing()
    for number in (1, 2):
        site.reply(site.model(number / 10), of_site="sakura")
    assert site.evaluate(site.model(0.3), of_site="sakura").error.reason == "QueryBudgetError"
    assert site.metrics(site.model(0.3))
