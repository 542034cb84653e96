"""How the study stands now: step, sites, what is waited for and until when, how long it will take."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from glsmed.server.monitoring.study_status import SiteStatus, StudyStatus
from glsmed.server.reporting.parts.numbers import number, seconds
from glsmed.server.reporting.parts.recorded_words import message_in_words, reason_in_words
from glsmed.shared.pages.blocks import Block, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say
from glsmed.shared.quantities import seconds_in_words

_STALE_SECONDS = 30.0  # the centre writes its state every few seconds
_REASON = 300  # characters


@dataclass(frozen=True, slots=True)
class Standing:
    """The study's status at a moment."""

    status: StudyStatus
    now: datetime


def standing_blocks(standing: Standing) -> list[Block]:
    """The step in progress, and one row for each admitted site."""
    status = standing.status
    blocks: list[Block] = [Paragraph(_headline(status), strong=True)]
    blocks += [Paragraph(line) for line in _lines(standing)]
    return [*blocks, *_site_table(standing)]


def _headline(status: StudyStatus) -> str:
    state = say(f"{status.state}")
    if not status.round:
        return say("{state}, {rounds} rounds", state=state, rounds=status.rounds)
    words = say("{state}, round {number} of {rounds}", state=state, number=status.round, rounds=status.rounds)
    return words if status.attempt <= 1 else say("{words}, attempt {attempt}", words=words, attempt=status.attempt)


def _lines(standing: Standing) -> Iterator[str]:
    status = standing.status
    if status.message:
        yield say("Last message: {message}", message=message_in_words(status.message))
    if status.waiting_for and status.centre_runs:
        yield _waiting(standing)
    if status.seconds_left and not status.has_ended:
        yield say("Time left: about {time}, as long as the rounds so far.", time=seconds(status.seconds_left))
    if status.validation:
        means = ", ".join(f"{metric} {number(value)}" for metric, value in status.validation.items())
        sentence = "Validation after round {number}: {means} (means over sites and findings)."
        if status.sums_metrics:
            sentence = "Validation after round {number}: {means} (of all sites together; no single site's are known)."
        yield say(sentence, number=status.validation_round, means=means)
    if status.centre_runs and _age(status.written_at, standing.now) > _STALE_SECONDS:
        yield say(
            "The centre has written nothing for {time}: its round loop is busy or stuck; see the study's logs.",
            time=seconds(_age(status.written_at, standing.now)),
        )


def _waiting(standing: Standing) -> str:
    status = standing.status
    names = ", ".join(map(bounded, status.waiting_for))
    words = say("Waiting for {names}", names=names)
    if status.since:
        words = say("{words} since {time}", words=words, time=_ago(status.since, standing.now))
    left = _age(standing.now.isoformat(), _moment(status.deadline_at)) if status.deadline_at else 0
    return say("{words}; late in {time}.", words=words, time=seconds_in_words(left)) if left > 0 else f"{words}."


def _site_table(standing: Standing) -> list[Block]:
    status = standing.status
    if not status.sites:
        return [Paragraph(say("No site is admitted: flwr-server admit request.yaml takes one in."))]
    head = [say(name) for name in ("site", "last seen", "now", "rounds that counted", "that did not", "why not, last")]
    rows = [_site_row(name, one, standing.now) for name, one in status.sites.items()]
    caption = say("{count} sites are admitted; a round needs {quorum}.", count=len(rows), quorum=status.quorum)
    return [Table(head, rows, caption)]


def _site_row(name: str, site: SiteStatus, now: datetime) -> list[str]:
    seen = _ago(site.last_seen, now) if site.last_seen else say("never")
    doing = say("waited for") if site.is_waited_for else say("takes part") if site.takes_part else say("idle")
    presence = doing if site.online else say("not online")
    reason = reason_in_words(site.last_reason, most=_REASON)
    return [bounded(name, most=63), seen, presence, str(site.counted), str(site.not_counted), reason]


def _ago(moment: str, now: datetime) -> str:
    return say("{time} ago", time=seconds(_age(moment, now)))


def _age(moment: str, now: datetime) -> float:
    return max(0.0, (now - _moment(moment)).total_seconds()) if moment else 0.0


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
