"""What the ClientApp of a private study says beside its update, with a drawn site behind it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from glsmed.shared.networks import group_norm_networks
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import Update
from tests.client.resident.tasks.asked_site import EGRESS, STUDY, Asked
from tests.federation.small_hospitals import TinyNetwork

pytestmark = pytest.mark.usefixtures("answers_about_any_model")
PRIVATE = STUDY.replace("batch_size: 4", "batch_size: 4, site_offset: false, privacy: {noise_multiplier: NOISE}")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def started(write_config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Asked]:
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)

    def run(study: str) -> Asked:
        config = write_config(replace={"cpu_threads: 1\n": EGRESS.replace("auroc,", "auroc, loss,")})
        shutil.rmtree(config.parent / "state", ignore_errors=True)
        (config.parent / "study.yaml").write_text(study)
        return Asked(config)

    return run


def test_neither_loss_nor_time_nor_counts_leave_a_private_study(started: Callable[[str], Asked]) -> None:
    site = started(PRIVATE.replace("NOISE", "4"))
    update = decode(site.train(site.model(0.1), validate=True).content, Update)
    assert dict(update.metrics) == {}
    assert dict(update.validation) == {}
    assert update.seconds == 0
    assert (update.training_cells, update.training_patients) == (8, 8)
    paid = [entry for entry in site.audit() if "payments" in entry]
    assert [entry["payments"] for entry in paid] == [1]
    open_site = started(STUDY)
    update = decode(open_site.train(open_site.model(0.1), validate=True).content, Update)
    assert "loss" in update.metrics
    assert "log_loss/effusion" in update.validation
    assert update.seconds > 0


def test_the_offset_of_a_private_study_has_noise_and_is_paid_for_before_the_first_round(
    started: Callable[[str], Asked],
) -> None:
    def offset(study: str) -> list[float]:
        offsets = [examples.offsets for examples in started(study)._site.splits.values()]
        rows = [row for one in offsets if one is not None for row in one.tolist()]
        assert all(row == rows[0] for row in rows)
        return list(rows[0])

    with_offset = PRIVATE.replace("NOISE", "4").replace("site_offset: false", "site_offset: true")
    exact = offset(STUDY)
    assert offset(with_offset) != pytest.approx(exact)
    site = started(with_offset)
    assert site._site.splits["train"].image_shares is None
    (paid,) = [entry for entry in site.audit() if "payments" in entry]
    assert paid["payments"] == 1
    decode(site.train(site.model(0.1)).content, Update)
    assert [entry["payments"] for entry in site.audit() if "payments" in entry] == [1, 2]


def test_a_spent_budget_has_its_own_word(started: Callable[[str], Asked]) -> None:
    site = started(PRIVATE.replace("NOISE", "0.5"))
    assert site.train(site.model(0.1)).error.reason == "PrivacyBudgetError"


@pytest.mark.parametrize(("study", "tells"), [(PRIVATE.replace("NOISE", "4"), False), (STUDY, True)])
def test_what_the_final_model_does_with_training_images_is_no_error_of_a_private_study(
    started: Callable[[str], Asked], monkeypatch: pytest.MonkeyPatch, study: str, tells: bool
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ArithmeticError("this image is here")

    monkeypatch.setattr("glsmed.client.resident.tasks.measured_answer.keep_final_model", breaks)
    site = started(study)
    assert site.evaluate(site.model(0.1)).has_error() is tells
