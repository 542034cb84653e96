"""The status of a study in words."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from glsmed.server.folders.run_folder import RoundRecord
from glsmed.server.monitoring.study_status import SiteStatus, StudyStatus
from glsmed.shared.quantities import bytes_in_words, seconds_in_words

_STALE_SECONDS = 30.0  # the centre writes its state every few seconds


def status_lines(status: StudyStatus, *, now: datetime) -> list[str]:
    """The whole status, a few lines for people."""
    width = max(map(len, status.sites), default=0)
    sites = [f"  {name:<{width}}  {_site_words(site, now)}" for name, site in status.sites.items()]
    return [
        f"study {status.study}: {headline(status)}",
        *([f"  {status.message}"] if status.message else []),
        f"sites admitted: {len(sites)}, quorum {status.quorum}",
        *sites,
        *_waiting(status, now),
        *_progress(status),
        *_age(status, now),
    ]


def headline(status: StudyStatus) -> str:
    """State and round, for instance ``running, round 8 of 50``."""
    attempt = f", attempt {status.attempt}" if status.attempt > 1 else ""
    place = f", round {status.round} of {status.rounds}{attempt}" if status.round else f", {status.rounds} rounds"
    return f"{status.state}{place}"


def change_line(status: StudyStatus) -> str:
    """What a log of a watched study needs: one line that changes only when something happens."""
    waiting = f"; waiting for {', '.join(status.waiting_for)}" if status.waiting_for else ""
    return f"{headline(status)}: {status.message}{waiting}"


def _site_words(site: SiteStatus, now: datetime) -> str:
    seen = f"seen {_ago(site.last_seen, now)}" if site.last_seen else "never seen"
    presence = f"online, {seen}" if site.online else f"not online, {seen}" if site.last_seen else "never online"
    record = f"counted {site.counted}, not counted {site.not_counted}"
    reason = f" (last: {site.last_reason})" if site.last_reason else ""
    return "; ".join([presence, *(["waited for"] if site.is_waited_for else []), record + reason])


def _waiting(status: StudyStatus, now: datetime) -> Iterator[str]:
    if status.waiting_for:
        since = f" since {_clock(status.since)} ({_ago(status.since, now)})" if status.since else ""
        deadline = f"; late at {_clock(status.deadline_at)}" if status.deadline_at else ""
        yield f"waiting for {', '.join(status.waiting_for)}{since}{deadline}"


def _progress(status: StudyStatus) -> Iterator[str]:
    if status.last_round is not None:
        yield f"last round: {_round_words(status.last_round)}"
    if status.validation:
        means = ", ".join(f"{metric} {value:.4f}" for metric, value in status.validation.items())
        together = "of all sites together, means over findings; no single site's are known"
        over = together if status.sums_metrics else "means over sites and findings"
        yield f"validation after round {status.validation_round}: {means} ({over})"
    if status.seconds_left:
        left = status.rounds - status.rounds_done
        words = seconds_in_words(status.seconds_left)
        yield f"time left: about {words} for {left} rounds (an estimate: the median of the rounds so far)"


def _round_words(record: RoundRecord) -> str:
    traffic = f"{bytes_in_words(record.bytes_down)} down, {bytes_in_words(record.bytes_up)} up"
    outcome = "" if record.accepted else " below the quorum"
    counted = f"{len(record.counted)} counted{outcome}, {len(record.not_counted)} not"
    return f"{record.round}, {seconds_in_words(record.seconds)}, {counted}, {traffic}"


def _age(status: StudyStatus, now: datetime) -> Iterator[str]:
    if not status.written_at or not status.centre_runs:
        return
    if now - datetime.fromisoformat(status.written_at) > timedelta(seconds=_STALE_SECONDS):
        yield f"written {_ago(status.written_at, now)}: the round loop is busy or stuck; see the study's logs folder"


def _ago(moment: str, now: datetime) -> str:
    return f"{seconds_in_words(max(0.0, (now - datetime.fromisoformat(moment)).total_seconds()))} ago"


def _clock(moment: str) -> str:
    """Time of day on this machine, with the date where that is not today's."""
    local = datetime.fromisoformat(moment).astimezone()
    today = datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"
