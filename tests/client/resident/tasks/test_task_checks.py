"""Tasks that a site answers only after a look, and tasks that it refuses."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import Update
from glsmed.shared.wire.packed_model import Arrays
from tests.client.resident.tasks.asked_site import Asked


@pytest.mark.parametrize("change", ["longer", "one more", "another type"])
def test_arrays_that_are_not_the_studys_are_refused_and_nothing_is_counted(
    start: Callable[[], Asked], change: str
) -> None:
    site = start()
    (name, array), *rest = site.model(0.1).items()
    wrong: Arrays = {
        "longer": {name: np.concatenate([array, array]), **dict(rest)},
        "one more": {name: array, **dict(rest), "extra": array},
        "another type": {name: array.astype(np.float64), **dict(rest)},
    }[change]
    assert site.evaluate(wrong).error.reason == "WireError"
    assert not list(site.state.glob("accounts/questions-*"))


def test_a_model_that_came_once_is_known_by_its_digest_also_after_a_restart(start: Callable[[], Asked]) -> None:
    site = start()
    model = site.model(0.1)
    answered = site.metrics(model)
    assert start().metrics(site.digest(model)) == answered


def test_a_digest_that_is_not_known_asks_for_the_model(start: Callable[[], Asked]) -> None:
    assert start().train("0" * 64).error.reason == "UnknownModelError"


def test_the_first_model_of_the_study_need_not_be_sent(start: Callable[[], Asked]) -> None:
    site = start()
    first = {name: array.copy() for name, array in state_arrays(initial_model(site._site.study)).items()}
    assert decode(site.train(site.digest(first)).content, Update).round == 1


@pytest.mark.parametrize(
    ("request_words", "code"),
    [
        ({"of_site": "../secret"}, "MismatchError.site"),
        ({"of_site": "sakura", "split": "validation"}, "MismatchError.split"),
    ],
)
def test_a_strange_request_about_another_site_is_refused(
    comparing: Callable[..., Asked], request_words: Mapping[str, Any], code: str
) -> None:
    site = comparing()
    assert site.evaluate(site.model(0.1), **request_words).error.reason == code


def test_a_study_that_does_not_compare_has_no_other_sites_model_measured(start: Callable[[], Asked]) -> None:
    site = start()
    assert site.evaluate(site.model(0.1), of_site="sakura").error.reason == "PrivacyError"
