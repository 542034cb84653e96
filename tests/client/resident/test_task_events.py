"""What the ClientApp notes, told by a drawn site that is asked in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from glsmed.client.monitoring.site_events import Ended, EventReader, Failed, Sent, SiteEvent, Trained

from .tasks.asked_site import EGRESS, Asked

pytestmark = pytest.mark.usefixtures("answers_about_any_model")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Without structlog's own pictures of tracebacks, which take a minute each."""
    with capture_logs():
        yield


@pytest.fixture
def site(write_config: Callable[..., Path]) -> Asked:
    return Asked(write_config(replace={"cpu_threads: 1\n": EGRESS}))


def _events(site: Asked) -> list[SiteEvent]:
    return EventReader(site.state / "events.jsonl").new()


def test_a_trained_round_is_noted_with_what_left(site: Asked) -> None:
    site.train(site.model(0.0))
    trained, sent = _events(site)
    assert isinstance(trained, Trained)
    assert (trained.round, trained.rounds, trained.steps, trained.images) == (1, 2, 2, 8)
    assert trained.seconds > 0
    assert (trained.epsilon, trained.gpu_bytes) == (None, None)
    assert sent == Sent("train", trained.sent_bytes)
    assert trained.sent_bytes > sum(array.nbytes for array in site.model(0.0).values())


def test_only_the_final_evaluation_ends_the_study(site: Asked) -> None:
    site.evaluate(site.model(0.0), split="validation")
    assert [type(event) for event in _events(site)] == [Sent]
    site.evaluate(site.model(0.0), split="test")
    assert _events(site)[1] == Ended(str(site.state / "models" / "shipped"))
    assert (site.state / "models" / "shipped").is_dir()


def test_a_failure_is_noted_by_the_code_that_the_centre_gets_and_no_other_word(site: Asked) -> None:
    site.train(site.model(0.0), round_number=99)
    assert _events(site) == [Failed("train", "1", "MismatchError.round")]


def test_a_model_that_the_centre_must_send_again_is_no_failure(site: Asked) -> None:
    assert site.train("0" * 64).error.reason == "UnknownModelError"
    assert _events(site) == []
