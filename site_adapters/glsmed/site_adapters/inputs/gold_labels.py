"""Gold labels, where a site has them: a CSV file with study_id,finding,value. Every row that is left out is counted.

A fourth column ``weight`` may say how many cells of the site a label stands for, where labels were not drawn evenly.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.site_adapters.inputs.finding_spellings import Terms, meant_finding
from glsmed.site_adapters.inputs.tables.identifiers import is_lost, with_lost_zeros
from glsmed.site_adapters.inputs.tables.table import Row, Table, read_table
from glsmed.site_adapters.inputs.wide_gold import wide_gold_hint

COLUMNS = ("study_id", "finding", "value")
WEIGHT = "weight"
_VALUE = re.compile(r"0*([01])(?:[.,]0*)?")
_WORDS = {"yes": 1, "true": 1, "positive": 1, "present": 1, "no": 0, "false": 0, "negative": 0, "absent": 0}
_MOST_NAMED = 5
_REMEMBERED = 1000  # values: a table has few of them, each in very many rows

Gold = Mapping[tuple[str, str], int]
GoldWeights = Mapping[tuple[str, str], float]


class GoldSurvey(NamedTuple):
    """A file of gold labels read as far as it can be.

    Attributes:
        labels: value by examination and finding, of the findings that count.
        faults: what keeps the file from being used.
        notes: rows that were left out, counted by reason, and what was tolerated.
        weights: of the labels whose weight in calibration is not 1; 0 is a label that was not drawn for it.
    """

    labels: Gold
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    weights: GoldWeights = MappingProxyType({})


def read_gold(
    path: Path, *, examinations: Collection[str], findings: Collection[str], among: str = "the manifest"
) -> Gold:
    """Value (0 or 1) by examination and finding; rows that do not count are left out, see :func:`survey_gold`.

    Raises:
        ConfigurationError: with every fault: a value that is not 0 or 1, two values for one cell, or no row about
            these findings or these examinations at all.
    """
    return read_gold_with_notes(path, examinations=examinations, findings=findings, among=among).labels


def read_gold_with_notes(
    path: Path,
    *,
    examinations: Collection[str],
    findings: Collection[str],
    terms: Terms | None = None,
    among: str = "the manifest",
) -> GoldSurvey:
    """What :func:`survey_gold` says of a file without a fault.

    Raises:
        ConfigurationError: with every fault, as :func:`read_gold`.
    """
    survey = survey_gold(path, examinations=examinations, findings=findings, terms=terms, among=among)
    if survey.faults:
        raise ConfigurationError(survey.faults)
    return survey


def survey_gold(
    path: Path,
    *,
    examinations: Collection[str],
    findings: Collection[str],
    terms: Terms | None = None,
    among: str = "the manifest",
) -> GoldSurvey:
    """What of a file of gold labels counts, what is wrong with it, and how much is left out for which reason.

    Args:
        path: the CSV file.
        examinations: ids of the known examinations, as column study_id has them.
        findings: the findings to keep.
        terms: what reports call each finding, to guess what an unknown name means.
        among: what lists the examinations, for the words about one that is not there.

    Raises:
        ConfigurationError: the file is not a CSV table with these columns.
    """
    table = _table(path, findings, terms)
    rows = _GoldRows(path, examinations, frozenset(findings), among)
    for line, row in table.rows:
        rows.add(line, row)
    faults = [*table.faults, *rows.faults]
    if not faults and not rows.labels:
        faults = list(rows.nothing_counts())
    return GoldSurvey(rows.labels, tuple(faults), (*table.notes, *_notes(rows, table, terms)), rows.weights)


def _table(path: Path, findings: Collection[str], terms: Terms | None) -> Table:
    try:
        return read_table(path, required=COLUMNS, optional=(WEIGHT,))
    except ConfigurationError as error:
        hint = wide_gold_hint(path, findings, terms)
        raise error if hint is None else ConfigurationError([hint]) from None


@dataclass(slots=True)
class _GoldRows:
    """Gold labels while they are gathered."""

    path: Path
    examinations: Collection[str]
    findings: frozenset[str]
    among: str
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    labels: dict[tuple[str, str], int] = field(default_factory=dict)
    weights: dict[tuple[str, str], float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    unknown: dict[str, list[int]] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)

    def add(self, line: int, row: Row) -> None:
        """Take one row into the labels, the faults, or the rows that are left out."""
        cell = (row["study_id"], row["finding"])
        value, problem = _value(row["value"])
        weight = _weight(row.get(WEIGHT, ""))
        if not row["finding"]:
            self._fault(line, "finding", "is blank")
        elif not row["study_id"]:
            self._fault(line, "study_id", "is blank")
        elif problem:
            self._fault(line, "value", problem)
        elif weight is None:
            self._fault(line, WEIGHT, f"expected a number of 0 or more, got {row[WEIGHT]!r}")
        elif value is None:
            self.blank.append(line)
        elif (known := self.seen.setdefault(cell, value)) != value:
            self._fault(line, "value", f"{cell[1]} of {cell[0]!r} is {known} in an earlier line and {value} here")
        else:
            self._count(line, cell, value, weight)

    def _count(self, line: int, cell: tuple[str, str], value: int, weight: float) -> None:
        if cell[1] not in self.findings:
            self.others[cell[1]] += 1
        elif cell[0] not in self.examinations:
            self.unknown.setdefault(cell[0], []).append(line)
        elif cell in self.labels:
            self.repeated.append(line)
        else:
            self.labels[cell] = value
            if weight != 1:
                self.weights[cell] = weight

    def _fault(self, line: int, column: str, message: str) -> None:
        self.faults.append(Fault(str(self.path), message, line=line, key=column))

    def nothing_counts(self) -> Iterator[Fault]:
        """Why a file without a broken row has no label to give."""
        if self.unknown:
            message = f"no row is about an examination of {self.among}: {self.unknown_in_words()}"
            yield Fault(str(self.path), message, key="study_id")
        elif self.others:
            near = (meant_finding(name, self.findings) for name in sorted(self.others))
            named = ", ".join(sorted(self.findings))
            message = f"no row is about any of the findings {named}{next(filter(None, near), '')}"
            yield Fault(str(self.path), message)
        else:
            yield Fault(str(self.path), "no row has a value")

    def unknown_in_words(self) -> str:
        """The first examinations that are not known, each with the known one that it may be."""
        named = list(self.unknown)[:_MOST_NAMED]
        near = [with_lost_zeros(name, self.examinations) for name in named]
        shown = [f"{name!r}" + (f" (is it {one!r}?)" if one else "") for name, one in zip(named, near, strict=True)]
        return ", ".join(shown) + (" …" if len(self.unknown) > _MOST_NAMED else "")


@lru_cache(maxsize=_REMEMBERED)
def _value(text: str) -> tuple[int | None, str]:
    """0, 1 or None for a blank, and what is wrong with any other text."""
    plain = unicodedata.normalize("NFKC", text)
    if not plain or is_lost(plain):
        return None, ""
    if match := _VALUE.fullmatch(plain):
        return int(match[1]), ""
    hint = f": write {_WORDS[plain.casefold()]}" if plain.casefold() in _WORDS else ""
    return None, f"expected 0 or 1, got {text!r}{hint}"


def _weight(text: str) -> float | None:
    """1 for a blank; None for what is no weight."""
    try:
        weight = float(text.replace(",", ".")) if text else 1.0
    except ValueError:
        return None
    return weight if math.isfinite(weight) and weight >= 0 else None


def _notes(rows: _GoldRows, table: Table, terms: Terms | None) -> Iterator[Fault]:
    source, total = str(rows.path), len(table.rows)
    if rows.others:
        yield Fault(source, f"{rows.others.total()} of {total} row(s) left out: {_others(rows, terms)}", key="finding")
    if rows.unknown:
        left = sum(map(len, rows.unknown.values()))
        told = f"{left} of {total} row(s) left out: about {len(rows.unknown)} examination(s) that are not in "
        yield Fault(source, f"{told}{rows.among}: {rows.unknown_in_words()}", key="study_id")
    for lines, reason in ((rows.blank, "no value"), (rows.repeated, "the same as an earlier row")):
        if lines:
            message = f"{len(lines)} of {total} row(s) left out: {reason} ({_in_lines(lines)})"
            yield Fault(source, message, key="value")


def _others(rows: _GoldRows, terms: Terms | None) -> str:
    names = sorted(rows.others, key=lambda name: (-rows.others[name], name))
    named = [f"{name!r} ({rows.others[name]}){meant_finding(name, rows.findings, terms)}" for name in names]
    # names that may be slips come first, so that the cut does not hide them
    named.sort(key=lambda words: "did you mean" not in words)
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return f"finding(s) that do not count here: {', '.join(named[:_MOST_NAMED])}{more}"


def _in_lines(lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:_MOST_NAMED]))
    return f"line {shown}" + (" …" if len(lines) > _MOST_NAMED else "")
