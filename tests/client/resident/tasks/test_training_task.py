"""Training tasks, asked of a drawn site."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import Update
from glsmed.shared.wire.packed_model import packed_bytes
from tests.client.resident.tasks.asked_site import EGRESS, ROUNDS, STUDY, Asked

NORM = re.compile(r"(^|\.)(bn\d|downsample\.1)\.")  # of a ResNet of torchvision


def test_a_round_is_trained_again_where_it_was_lost_and_no_other_model_for_it(start: Callable[[], Asked]) -> None:
    site = start()
    model = site.model(0.1)
    for _ in range(ROUNDS + 1):
        assert decode(site.train(model).content, Update).round == 1
    assert site.audit()[-1]["note"] == "requests left: train 1 of 2, validation 2 of 2, test 1 of 1, hello 4 of 4"
    assert decode(site.train(site.model(0.2)).content, Update).round == 1
    again = start()
    assert again.train(again.model(0.3), round_number=2).error.reason == "QueryBudgetError"
    assert decode(again.train(model).content, Update).round == 1


def test_a_model_is_measured_as_it_came_and_trained_in_one_answer(start: Callable[[], Asked]) -> None:
    site = start()
    model = site.model(0.1)
    update = decode(site.train(model, validate=True).content, Update)
    assert update.reference == "gold"
    assert dict(update.validation) == dict(site.metrics(model, split="validation"))
    assert update.model_digest == site.digest(model) != update.update_digest


def test_a_model_that_cannot_be_measured_is_trained_all_the_same(
    start: Callable[[], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("only one class")

    site = start()
    monkeypatch.setattr("glsmed.client.resident.tasks.measured_answer.evaluate", fails)
    update = decode(site.train(site.model(0.1), validate=True).content, Update)
    assert (update.reference, dict(update.validation), update.steps) == ("", {}, 2)


def test_a_site_whose_policy_is_closed_measures_nothing(
    start: Callable[[], Asked], write_config: Callable[..., Path]
) -> None:
    start()
    closed = Asked(write_config(replace={"cpu_threads: 1\n": EGRESS.replace("auroc, brier, log_loss, ", "")}))
    update = decode(closed.train(closed.model(0.1), validate=True).content, Update)
    assert (update.reference, dict(update.validation)) == ("", {})


def test_layers_of_the_sites_own_stay_and_the_weight_that_the_study_asks_for_goes(
    write_config: Callable[..., Path],
) -> None:
    study = STUDY.replace("batch_size: 4", "batch_size: 4, local_layers: norm")
    study += "federation: {aggregation: {weights: gold_quality}}\n"
    site = Asked(
        write_config(study=study, replace={"cpu_threads: 1\n": EGRESS.replace("[auroc", "[gold_quality, auroc")})
    )
    shared = {name: array for name, array in site.model(0.1).items() if not NORM.search(name)}
    update = decode(site.train(shared).content, Update)
    assert packed_bytes(update.model) == sum(array.nbytes for array in shared.values())
    assert 0.5 < update.metrics["gold_quality"] <= 1


def test_another_control_variate_for_the_same_round_is_another_question(write_config: Callable[..., Path]) -> None:
    """Otherwise a centre could have a round trained again and again, each time a little otherwise."""
    study = STUDY.replace("batch_size: 4", "batch_size: 4, control_variates: true, optimizer: sgd, momentum: 0")
    site = Asked(write_config(study=study, replace={"cpu_threads: 1\n": EGRESS}))
    model = site.model(0.1)
    for _ in range(ROUNDS + 1):
        assert decode(site.train(model, control=0.1).content, Update).round == 1
    assert decode(site.train(model, control=0.2).content, Update).round == 1
    assert site.train(model, control=0.3).error.reason == "QueryBudgetError"
