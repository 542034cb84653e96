"""Evaluations of other sites' models, and of what the site reached alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glsmed.client.resident.tasks import measured_answer
from tests.client.resident.tasks.asked_site import STUDY, Asked


def test_another_sites_model_is_measured_and_the_sites_own_models_stay_as_they_are(
    comparing: Callable[..., Asked],
) -> None:
    site = comparing()
    site.metrics(site.model(0.1))
    before = site.held()
    assert {Path(name).parent.name for name in before} > {"shipped"}
    assert "log_loss/effusion" in site.reply(site.model(0.2), of_site="sakura").metrics
    assert site.held() == before
    note = str(site.audit()[-1]["note"])
    assert note.startswith("the model of sakura; requests left: ")
    assert note.endswith("test 0 of 1, hello 4 of 4, peer 1 of 2")


def test_another_sites_model_is_measured_as_the_global_one_would_be(
    comparing: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for whom it is about: patients that are drawn for each model."""
    monkeypatch.setattr(measured_answer, "drawn_rows", lambda patients, _key: torch.arange(len(patients)))
    site = comparing()
    model = site.model(0.1)
    assert site.reply(model, of_site="sakura").metrics == site.reply(model).metrics


def test_what_the_site_reached_alone_goes_with_the_final_evaluation_only(comparing: Callable[..., Asked]) -> None:
    site = comparing()
    site.keep_local(auroc=0.75, ece=0.125)  # the policy does not name ece
    assert site.reply(site.model(0.1)).local == {"auroc/effusion": 0.75}
    assert site.reply(site.model(0.1), of_site="sakura").local == {}


def test_what_was_reached_alone_without_noise_does_not_leave_a_private_study(comparing: Callable[..., Asked]) -> None:
    private = STUDY.replace("batch_size: 4", "batch_size: 4, site_offset: false, privacy: {noise_multiplier: 1}")
    site = comparing(private)
    site.keep_local(auroc=0.75)
    assert site.reply(site.model(0.1)).local == {}


def test_a_damaged_record_of_local_training_does_not_stop_the_final_evaluation(comparing: Callable[..., Asked]) -> None:
    site = comparing()
    site.keep_local(auroc=0.75)
    next(site.state.glob("models/local-*.json")).write_text("{")
    reply = site.reply(site.model(0.1))
    assert (dict(reply.local), "log_loss/effusion" in reply.metrics) == ({}, True)
