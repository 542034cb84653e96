"""What left the site and when, in words, from its audit log; and whether the log is whole."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.enrolment import read_private_key
from glsmed.shared.errors import UnknownModelError
from glsmed.shared.files.audit import AuditReport, verify
from glsmed.shared.files.line_signature import public_line
from glsmed.shared.pages.blocks import NONE, Block, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say
from glsmed.shared.quantities import bytes_in_words

_MOST_SHOWN = 60  # rows; the log has them all
_MOST_NUMBERS = 12  # of one kind in one message
_MOST_FINDINGS = 60  # rows

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Departure:
    """One entry of the audit log about something that was sent.

    Attributes:
        at: UTC, ISO 8601.
        what: in words.
        numbers: that went with it, by name.
    """

    at: str
    kind: str
    what: str
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Departures:
    """Everything that left, the newest first, and the verdict on the log.

    Attributes:
        counts: messages by kind.
    """

    log: Path
    verdict: AuditReport
    entries: Sequence[Departure]
    counts: Mapping[str, int]


def read_departures(config: SiteConfig) -> Departures:
    """What the audit log of a site says.

    Raises:
        DataError: the site's key cannot be used.
    """
    log = config.state.audit_log
    key = public_line(read_private_key(config.key)) if config.key.exists() else None
    entries = list(_departures(log))
    counts = Counter(one.kind for one in entries)
    newest = list(islice(reversed(entries), _MOST_SHOWN))
    return Departures(log, verify(log, key), newest, dict(sorted(counts.items())))


def update_times(log: Path) -> list[str]:
    """When each update left, in order: UTC, ISO 8601."""
    return [one.at for one in _departures(log) if one.kind in ("Update", "MaskedUpdate")]


def departure_blocks(departures: Departures) -> list[Block]:
    """What left, newest first, with the numbers that went along."""
    if not departures.entries:
        return [Paragraph(say("Nothing has left this site yet."))]
    total = sum(departures.counts.values())
    kinds = ", ".join(f"{say(kind)} {count}" for kind, count in departures.counts.items())
    rows = [[_local(one.at), one.what, _numbers(one.numbers)] for one in departures.entries]
    detailed = next((one for one in departures.entries if _by_metric(one.numbers)), None)
    caption = say("The newest {shown} of {total}.", shown=len(rows), total=total)
    return [
        Paragraph(say("{total} messages have left: {kinds}.", total=total, kinds=kinds)),
        Table([say("when"), say("what left"), say("numbers in it")], rows, caption),
        *([] if detailed is None else [_by_finding(detailed)]),
    ]


def verdict_blocks(departures: Departures) -> list[Block]:
    """Whether the log was changed."""
    found = departures.verdict
    if found.first_broken is not None:
        sentence = "The audit log is broken at line {line}: {reason}. Nothing is sent until that is settled: {log}"
        words = {"line": found.first_broken, "reason": found.reason, "log": departures.log}
        return [Paragraph(say(sentence, **words), strong=True)]
    signed = say("each signed with this site's key") if found.key else say("not signed: this site has not joined yet")
    sentence = "The audit log is whole: {count} entries, {signed}. Its last entry: {head}…"
    return [Paragraph(say(sentence, count=found.entries, signed=signed, head=found.head[:16]))]


def _departures(log: Path) -> Iterator[Departure]:
    """Also of a log that is broken: what it says is still shown, beside the verdict."""
    if not log.is_file():
        return
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        entry = _entry(line)
        if entry is None:
            continue
        fields, at = entry["fields"], bounded(entry.get("time"), most=40)
        if entry["event"] == "sent":
            kind = bounded(fields.get("message"), most=40)
            yield Departure(at, kind, _in_words(kind, fields), _numbers_of(fields))
        elif entry["event"] == "sent_error":
            code = bounded(fields.get("code"), most=80)
            yield Departure(at, "error", _error_words(code), {})


def _error_words(code: str) -> str:
    if code == UnknownModelError.__name__:  # no fault: the centre had named the model by its digest alone
        return say("that it does not hold the model that was named: the centre then sends it")
    return say("the name of an error: {code}", code=code)


def _entry(line: str) -> Fields | None:
    try:
        entry = json.loads(line)
        return entry if isinstance(entry["fields"], dict) and isinstance(entry["event"], str) else None
    except (ValueError, KeyError, TypeError):
        return None


def _in_words(kind: str, fields: Fields) -> str:
    """What a message is, for a person; one of an unknown kind by its name."""
    said: Mapping[str, Callable[[], str]] = {
        "HelloReply": lambda: say("that this site is there, and how many patients and cells it lets be known"),
        "Update": lambda: say("the model that it trained in round {number} ({size})", **_model(fields)),
        "MaskedUpdate": lambda: say("its masked change in round {number} ({size})", **_model(fields)),
        "MaskedEvaluation": lambda: say(
            "its part in the sum of how the model of round {number} does on {split} patients, masked", **_split(fields)
        ),
        "MaskedCounts": lambda: say("its part in the sum of how often its gold labels bear out each cue, masked"),
        "EvaluationReply": lambda: say(
            "how the model of round {number} does on its {split} patients", **_split(fields)
        ),
        "CountsReply": lambda: say("how often gold labels confirm each cue"),
        "PriorReply": lambda: say("that it starts from the prior of all sites"),
    }
    words = said.get(kind)
    return say("a message of kind {kind}", kind=kind) if words is None else words()


def _model(fields: Fields) -> dict[str, str]:
    size = fields.get("bytes")
    words = bytes_in_words(size) if isinstance(size, int) else "?"
    return {"number": bounded(fields.get("round"), most=12), "size": words}


def _split(fields: Fields) -> dict[str, str]:
    return {"number": bounded(fields.get("round"), most=12), "split": say(bounded(fields.get("split"), most=20))}


def _numbers_of(fields: Fields) -> Mapping[str, float]:
    parts = [fields.get(name) for name in ("metrics", "validation", "local")]
    return {key: value for part in parts if isinstance(part, dict) for key, value in part.items()}


def _numbers(numbers: Mapping[str, float]) -> str:
    """Numbers of the whole message with their values, then the names of those that come by finding, each once."""
    whole = [f"{bounded(key, most=60)} {bounded(value, most=12)}" for key, value in numbers.items() if "/" not in key]
    named: dict[int, list[str]] = {}
    for metric, values in _by_metric(numbers).items():
        named.setdefault(len(values), []).append(bounded(metric, most=60))
    one, several = "{names} of 1 finding", "{names} of {count} findings"
    grouped = [say(one if count == 1 else several, names=_some(names), count=count) for count, names in named.items()]
    return "; ".join([*([_some(whole)] if whole else []), *grouped])


def _some(words: Sequence[str]) -> str:
    more = len(words) - _MOST_NUMBERS
    return ", ".join([*words[:_MOST_NUMBERS], *([say("and {count} more", count=more)] if more > 0 else [])])


def _by_metric(numbers: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Values by finding, for each metric that comes by finding (``auroc/effusion``)."""
    metrics: dict[str, dict[str, float]] = {}
    for key, value in numbers.items():
        metric, slash, finding = key.partition("/")
        if slash:
            metrics.setdefault(metric, {})[finding] = value
    return metrics


def _by_finding(departure: Departure) -> Table:
    """The numbers of a message that come by finding: a row for each finding, a column for each metric."""
    metrics = dict(islice(_by_metric(departure.numbers).items(), _MOST_NUMBERS))
    findings = list(dict.fromkeys(finding for values in metrics.values() for finding in values))[:_MOST_FINDINGS]
    rows = [
        [bounded(finding, most=60), *(bounded(values.get(finding, NONE), most=12) for values in metrics.values())]
        for finding in findings
    ]
    caption = say(
        "The newest numbers by finding, of {when}: {what}. The audit log has all others.",
        when=_local(departure.at),
        what=departure.what,
    )
    return Table([say("finding"), *(bounded(metric, most=60) for metric in metrics)], rows, caption)


def _local(moment: str) -> str:
    """The moment on this machine's clock, to the second."""
    try:
        return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return moment
