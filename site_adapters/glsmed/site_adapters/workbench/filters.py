"""Which reports a person wants to see: by words, finding, state, cue, section, language, probability."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from glsmed.site_adapters.workbench.corpus import Corpus
from glsmed.site_adapters.workbench.report_readings import Line, ReportReading

AGAINST_GOLD: Final = "against"
_SIDE = 0.5


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked of a report; a blank asks nothing.

    Attributes:
        words: stand in the text or the id, whatever their case.
        finding, state, cue, section: of one and the same mention; a cue's id, or a part of a combination's.
        language: of any sentence.
        least, most: bounds of that mention's target, in percent.
        gold: ``against`` for reports in which a gold label says otherwise than the words.
    """

    words: str = ""
    finding: str = ""
    state: str = ""
    cue: str = ""
    section: str = ""
    language: str = ""
    least: str = ""
    most: str = ""
    gold: str = ""

    def as_query(self) -> dict[str, str]:
        """The fields that ask something, as an address has them."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and most target, in 0–1; what is no number bounds nothing."""
        return _share(self.least, 0.0), _share(self.most, 1.0)


def filter_of(values: Mapping[str, str]) -> Filter:
    """The filter that an address or a form asks for; other keys are left alone."""
    return Filter(**{field.name: values.get(field.name, "").strip() for field in fields(Filter)})


def matching(wanted: Filter, corpus: Corpus, readings: Mapping[str, ReportReading]) -> list[str]:
    """The ids of the reports that fit, in their order."""
    words = wanted.words.casefold()
    return [
        name
        for name, reading in readings.items()
        if (not wanted.language or wanted.language in reading.languages)
        and (not words or words in name.casefold() or words in corpus.texts[name].casefold())
        and _has_line(wanted, name, reading, corpus)
    ]


def _has_line(wanted: Filter, name: str, reading: ReportReading, corpus: Corpus) -> bool:
    least, most = wanted.bounds
    asks = (wanted.finding, wanted.state, wanted.cue, wanted.section, wanted.gold)
    if not any(asks) and least <= 0 and most >= 1:
        return True
    return any(_fits(wanted, line, least, most) and _gold_fits(wanted, name, line, corpus) for line in reading.lines)


def _fits(wanted: Filter, line: Line, least: float, most: float) -> bool:
    finding, state, cue, section, target, _ = line
    return (
        wanted.finding in ("", finding)
        and wanted.state in ("", state)
        and wanted.section in ("", section)
        and (not wanted.cue or wanted.cue == cue or wanted.cue in cue.split("+"))
        and ((least <= 0 and most >= 1) or (target is not None and least <= target <= most))
    )


def _gold_fits(wanted: Filter, name: str, line: Line, corpus: Corpus) -> bool:
    if wanted.gold != AGAINST_GOLD:
        return True
    label = corpus.gold.get((name, line.finding))
    return line.decides and label is not None and line.target is not None and label != int(line.target >= _SIDE)


def _share(percent: str, default: float) -> float:
    try:
        return float(percent) / 100
    except ValueError:
        return default


def in_use(readings: Mapping[str, ReportReading]) -> Mapping[str, list[str]]:
    """The findings, states, cues, sections and languages that occur, to choose from."""
    lines = {(line.finding, line.state, line.cue, line.section) for one in readings.values() for line in one.lines}
    languages = {language for one in readings.values() for language in one.languages}
    kinds = ("finding", "state", "cue", "section")
    return {**dict(_columns(kinds, lines)), "language": sorted(languages)}


def _columns(kinds: tuple[str, ...], lines: set[tuple[str, str, str, str]]) -> Iterator[tuple[str, list[str]]]:
    for place, kind in enumerate(kinds):
        yield kind, sorted({line[place] for line in lines})
