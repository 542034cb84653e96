"""The gold cells of Open-i that a mention without any cue decides, each with its form and its hospital system."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glsmed.benchmarks.corpora.openi import OpeniReport
from glsmed.site_adapters.adapter.adapter import AFFIRMED_ALONE, BARE
from glsmed.site_adapters.reading.cells import Span
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.reading.statements import Statement

_END = re.compile(r"[.;]\s|\n")
_SIGNS = re.compile(r"[^\w\s.,;:()'\"-]")
_LIST = 3


@dataclass(frozen=True, slots=True)
class BareMention:
    """One finding of one report, named without any cue where it decides.

    Attributes:
        system: the hospital system, "A" or "B"; empty where it is not known.
        cue: which form the reader takes it for.
        mentions: how many findings its sentence names.
        alternative: whether an "or" stands between it and a finding beside it.
        value: 1 if the coder indexed the finding.
    """

    report_id: str
    system: str
    cue: str
    section: str
    sentence: str
    mentions: int
    alternative: bool
    value: int


Form = Callable[[BareMention], bool]


def forms(verbs: Sequence[str]) -> Mapping[str, Form]:
    """What may set a bare mention apart, by name; the first is what the reader tells apart."""
    verb = re.compile(rf"\b(?:{'|'.join(map(re.escape, verbs))})\b", re.IGNORECASE)
    return {
        "a noun phrase alone": lambda mention: mention.cue == AFFIRMED_ALONE,
        'joined by "or" to another finding': lambda mention: mention.alternative,
        "in the findings, not the impression": lambda mention: mention.section == "findings",
        "in a sentence with a verb": lambda mention: verb.search(mention.sentence) is not None,
        'in a list of three or more, without "or"': lambda mention: (
            mention.mentions >= _LIST and not mention.alternative
        ),
        "in a question": lambda mention: "?" in mention.sentence,
        "beside a sign that is not read": lambda mention: _SIGNS.search(mention.sentence) is not None,
    }


def bare_mentions(reader: Reader, reports: Sequence[OpeniReport], systems: Mapping[str, str]) -> Iterator[BareMention]:
    """The mentions that decide a coded finding, in the order of the reports."""
    words = [re.escape(word) for word in reader.adapter.grammar.alternatives]
    joins = re.compile("|".join(rf"\b{word}\b" if word.isalpha() else word for word in words), re.IGNORECASE)
    for report in reports:
        cells = reader.read(report.text).cells
        statements = list(reader.statements(report.text))
        for statement in statements:
            said = statement.assertion
            cell = cells.get(said.finding)
            decides = cell is not None and cell.evidence == statement.placed
            if said.cue in BARE and decides and said.finding in report.gold:
                beside = sorted({other.placed[0] for other in statements if other.offset == statement.offset})
                yield BareMention(
                    report.report_id,
                    systems.get(report.report_id, ""),
                    said.cue,
                    statement.section,
                    _sentence(report.text, statement),
                    len(beside),
                    _is_alternative(report.text, beside, statement.placed[0], joins),
                    report.gold[said.finding],
                )


def unread_mentions(reader: Reader, reports: Sequence[OpeniReport]) -> Mapping[str, tuple[int, int]]:
    """By role of a section that is no evidence: how many coded findings only it names, bare, and how many were indexed.

    Args:
        reader: of the reports.
        reports: coded ones.
    """
    counts: dict[str, tuple[int, int]] = {}
    for report in reports:
        cells = reader.read(report.text).cells
        seen = set()
        for statement in reader.statements(report.text):
            finding = statement.assertion.finding
            unread = not statement.weight and finding in report.gold and finding not in cells
            if unread and statement.assertion.cue in BARE and finding not in seen:
                seen.add(finding)
                tried, coded = counts.get(statement.section, (0, 0))
                counts[statement.section] = tried + 1, coded + report.gold[finding]
    return counts


def _is_alternative(text: str, beside: Sequence[Span], own: Span, joins: re.Pattern[str]) -> bool:
    """Whether a mention is parted from the one before or behind it by a word for "or"."""
    pairs = [pair for pair in pairwise(beside) if own in pair]
    return any(joins.search(text, first.end, second.start) is not None for first, second in pairs)


def _sentence(text: str, statement: Statement) -> str:
    end = _END.search(text, statement.placed[0].end)
    return text[statement.offset : len(text) if end is None else end.start() + 1]
