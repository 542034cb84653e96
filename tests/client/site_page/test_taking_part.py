from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glsmed.client.evaluation.beside_local import beside_local
from glsmed.client.evaluation.card.words import WORDS
from glsmed.client.monitoring.site_events import Ended, EventWriter, Trained
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.client.site_page.taking_part import TakingPart, read_taking_part, taking_part_blocks
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.pages.blocks import Listing, Paragraph
from glsmed.shared.pages.spoken import speaking

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
TIMES = ["2026-11-28T11:50:00+00:00", "2026-11-28T11:54:00+00:00", "2026-11-28T11:58:00+00:00"]


def trained(number: int) -> Trained:
    return Trained(round=number, rounds=9, steps=4, images=16, seconds=3.0, loss=0.5, sent_bytes=1000)


@pytest.fixture
def config(write_config: Callable[..., Path]) -> SiteConfig:
    config = load_site(write_config())
    config.state.prepare()
    return config


def next_round(found: TakingPart) -> str:
    line = taking_part_blocks(found, now=NOW)[1]
    assert isinstance(line, Paragraph)
    return line.text


def test_the_next_round_and_when_it_is_likely(config: SiteConfig) -> None:
    writer = EventWriter(config.state.events)
    for number in (3, 4):
        writer.note(trained(number))
    with exclusive_lock(config.state.lock, work="this test"):
        found = read_taking_part(config, updates=TIMES)
    assert (found.runs, found.between) == (True, 240.0)
    local = datetime(2026, 11, 28, 12, 2, tzinfo=UTC).astimezone().strftime("%H:%M:%S")
    assert next_round(found) == f"Next: round 5 of 9. Rounds come about every 4 min. So it is likely at {local}."
    assert isinstance(taking_part_blocks(found, now=NOW)[-1], Listing)
    assert found.lines[0].startswith("round 4 of 9")


@pytest.mark.parametrize("metrics", [{"auroc": 0.8}, {"auroc": 0.8, "log_loss": 0.4}])
@pytest.mark.parametrize("findings", [["effusion"], ["effusion", "nodule"]])
@pytest.mark.parametrize("gain", [0.1, 0.0, -0.1])
def test_the_sentence_beside_the_own_model_is_said_in_the_language_of_the_page(
    config: SiteConfig, metrics: dict[str, float], findings: list[str], gain: float
) -> None:
    alone = {name: value + gain for name, value in metrics.items()}
    study, own = dict.fromkeys(findings, metrics), dict.fromkeys(findings, alone)
    kept = beside_local(study, own)
    EventWriter(config.state.events).note(Ended("/srv/shipped", kept))
    assert read_taking_part(config, updates=[]).lines[0].endswith(kept)
    with speaking("ja", WORDS):
        said = beside_local(study, own)
        assert read_taking_part(config, updates=[]).lines[0].endswith(said)
    assert said.isascii() is False


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (TakingPart(False, trained(3), None, None, []), "Start it with: glsmed-client --site config.yaml"),
        (TakingPart(True, None, None, None, []), "No round was trained since it was started"),
        (TakingPart(True, trained(9), 60.0, NOW, []), "Round 9 was the last"),
        (TakingPart(True, trained(3), None, NOW, []), "Next: round 4 of 9."),
        (
            TakingPart(True, trained(3), 60.0, datetime(2026, 11, 28, 11, 50, tzinfo=UTC), []),
            "Next: round 4 of 9. Rounds come about every 60 s. It is 9 min later than usual.",
        ),
    ],
)
def test_where_the_study_stands_is_said(found: TakingPart, said: str) -> None:
    assert next_round(found).startswith(said)


def test_a_site_that_was_never_started_takes_no_part(config: SiteConfig) -> None:
    found = read_taking_part(config, updates=[])
    assert (found.runs, found.last, found.between) == (False, None, None)
