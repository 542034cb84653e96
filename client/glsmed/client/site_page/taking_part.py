"""Whether the site takes part now, what it did last, and when the next round is likely."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from glsmed.client.monitoring.console_lines import console_line
from glsmed.client.monitoring.site_events import Ended, EventReader, SiteEvent, Trained
from glsmed.client.settings.config import SiteConfig
from glsmed.client.site_page.words import BESIDE_LOCAL
from glsmed.shared.files.exclusive_lock import is_held
from glsmed.shared.pages.blocks import Block, Listing, Paragraph, bounded
from glsmed.shared.pages.spoken import say, say_again
from glsmed.shared.quantities import seconds_in_words

_MOST_LINES = 8
_RECENT = 10  # rounds whose distance tells when the next is likely
_LINE = 600  # characters


@dataclass(frozen=True, slots=True)
class TakingPart:
    """How the site stands in the study.

    Attributes:
        runs: whether a ``glsmed-client`` runs that may take part.
        last: the round that was trained last since it started; None before.
        between: the usual seconds from round to round; None where too few are known.
        updated_at: when the last update left; None before.
        lines: what happened last, newest first.
    """

    runs: bool
    last: Trained | None
    between: float | None
    updated_at: datetime | None
    lines: Sequence[str]


def read_taking_part(config: SiteConfig, *, updates: Sequence[str]) -> TakingPart:
    """How the site stands.

    Args:
        config: the site.
        updates: when each update left, in order: UTC, ISO 8601.
    """
    events = EventReader(config.state.events).new()
    trained = [event for event in events if isinstance(event, Trained)]
    times = [datetime.fromisoformat(one) for one in updates[-_RECENT:]]
    gaps = [(late - early).total_seconds() for early, late in pairwise(times)]
    lines = [line for line in map(_line, events) if line][-_MOST_LINES:]
    return TakingPart(
        runs=is_held(config.state.lock),
        last=trained[-1] if trained else None,
        between=statistics.median(gaps) if gaps else None,
        updated_at=times[-1] if times else None,
        lines=[bounded(line, most=_LINE) for line in reversed(lines)],
    )


def _line(event: SiteEvent) -> str:
    """The event's line, with the sentence that it holds in English in the page's language."""
    if isinstance(event, Ended):
        event = replace(event, beside_local=say_again(event.beside_local, BESIDE_LOCAL))
    return console_line(event)


def taking_part_blocks(found: TakingPart, *, now: datetime) -> list[Block]:
    """The state in a sentence, the next round, and the last events."""
    state = say("This site takes part.") if found.runs else say("glsmed-client does not run: this site takes no part.")
    blocks: list[Block] = [Paragraph(state, strong=True), Paragraph(_next_round(found, now))]
    if found.lines:
        blocks += [Paragraph(say("Since it was started, the newest first:")), Listing(found.lines)]
    return blocks


def _next_round(found: TakingPart, now: datetime) -> str:
    if not found.runs:
        return say("Start it with: glsmed-client --site config.yaml")
    if found.last is None:
        return say("No round was trained since it was started; the centre asks when enough sites are there.")
    if found.last.round >= found.last.rounds:
        return say(
            "Round {number} was the last; the final evaluation follows or has been made.", number=found.last.round
        )
    words = say("Next: round {number} of {rounds}.", number=found.last.round + 1, rounds=found.last.rounds)
    return f"{words} {_when(found, now)}".strip()


def _when(found: TakingPart, now: datetime) -> str:
    if found.between is None or found.updated_at is None:
        return ""
    pace = say("Rounds come about every {time}.", time=seconds_in_words(found.between))
    due = found.updated_at + timedelta(seconds=found.between)
    if due <= now:
        late = say("It is {time} later than usual.", time=seconds_in_words((now - due).total_seconds()))
        return f"{pace} {late}"
    return f"{pace} {say('So it is likely at {clock}.', clock=due.astimezone().strftime('%H:%M:%S'))}"


def now_utc() -> datetime:
    """This moment."""
    return datetime.now(UTC)
