"""Why an adapter reads a text as it does: every mention with its words, rule, prior, posterior, rate and target."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.reading.cells import NO_EVIDENCE, NOT_ASSESSABLE, Cell, Span
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.reading.statements import Statement
from glsmed.site_adapters.text.mending import Mend

COLUMNS = ("finding", "state", "words", "rule", "section", "prior", "posterior", "label", "rate r", "target", "")
_LONGEST_WORDS = 60
Posterior = Callable[[Cell, Collection[Cell]], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Explained:
    """One mention.

    Attributes:
        rule: the cue with its kind, and where in which file it stands.
        prior: mean and spread of P(finding | cue) by the adapter; None for a mention that is not evidence.
        posterior: the same at this site, where a calibration is given.
        decides: whether this mention makes the finding's cell.
    """

    finding: str
    state: str
    words: str
    cue: str
    rule: str
    section: str
    prior: tuple[float, float] | None
    posterior: tuple[float, float] | None
    decides: bool
    spans: tuple[Span, ...]

    @property
    def target(self) -> float | None:
        """What the loss sees: the posterior's mean, or the prior's without a calibration."""
        beta = self.posterior or self.prior
        return None if beta is None else beta[0]

    @property
    def label(self) -> int | None:
        """The side of doubt that the words take: y of GLS."""
        return None if self.target is None else int(self.target >= 0.5)

    @property
    def rate(self) -> float | None:
        """The smoothing rate r that turns the label into the target, y(1 - r) + r/2."""
        return None if self.target is None else 2 * min(self.target, 1 - self.target)


def explain(reader: Reader, text: str, posterior: Posterior | None = None) -> list[Explained]:
    """Every mention in the order of the text, including those that are not evidence.

    Args:
        reader: with the adapter.
        text: the report.
        posterior: gives mean and spread for a cell among the cells of its report; a calibration is one.
    """
    cells = reader.read(text).cells
    rows = [_explained(statement, cells, text, reader.adapter, posterior) for statement in reader.statements(text)]
    mends = reader.mends(text) if rows else []
    return [_with_mends(row, text, mends) for row in rows]


def _with_mends(row: Explained, text: str, mends: Sequence[Mend]) -> Explained:
    """The row, with what its words were read as where they were mended ("effussion (read as effusion)")."""
    told = [
        f"{' '.join(text[mend.start : mend.end].split())} read as {mend.meant}"
        for mend in mends
        if any(span.start < mend.end and mend.start < span.end for span in row.spans)
    ]
    return replace(row, words=f"{row.words} ({'; '.join(told)})") if told else row


def _explained(
    statement: Statement, cells: Mapping[str, Cell], text: str, adapter: Adapter, posterior: Posterior | None
) -> Explained:
    assertion = statement.assertion
    cell = cells.get(assertion.finding)
    decides = cell is not None and cell.evidence == statement.placed
    prior = assertion.prior if statement.is_evidence else None
    after = None
    if posterior is not None and prior is not None:
        after = posterior(cell, cells.values()) if cell and decides else posterior(statement.cell, ())
    return Explained(
        finding=assertion.finding,
        state=assertion.state if prior is not None or assertion.state == NOT_ASSESSABLE else NO_EVIDENCE,
        words=" … ".join(" ".join(text[span.start : span.end].split()) for span in sorted(statement.placed)),
        cue=assertion.cue,
        rule=rule(adapter, assertion.cue),
        section=statement.section,
        prior=None if prior is None else (prior.mean, assertion.spread),
        posterior=after,
        decides=decides,
        spans=statement.placed,
    )


def rule(adapter: Adapter, cue_id: str) -> str:
    """``possible (uncertainty, en_radiology.yaml:241)``; both cues of a combination."""
    told = []
    for part in cue_id.split("+"):
        cue = adapter.cues[part]
        file = cue.place.source.rsplit("/", 1)[-1]
        told.append(f"{part} ({cue.kind}, {file}:{cue.place.line})")
    return " + ".join(told)


def rows(explained: Sequence[Explained]) -> Iterator[tuple[str, ...]]:
    """The cells of a table, in the order of its columns; the last says whether the mention decides."""
    for row in explained:
        numbers = ("", "", "")
        if row.target is not None:
            numbers = (str(row.label), f"{row.rate:.2f}", f"{row.target:.2f}")
        yield (
            row.finding,
            row.state,
            row.words,
            row.rule,
            row.section,
            _mean_and_spread(row.prior),
            _mean_and_spread(row.posterior),
            *numbers,
            "decides" if row.decides else "",
        )


def _mean_and_spread(beta: tuple[float, float] | None) -> str:
    return "" if beta is None else f"{beta[0]:.2f} ± {beta[1]:.2f}"


def as_text(explained: Sequence[Explained]) -> str:
    """A few lines a mention, for a terminal."""
    if not explained:
        return "no finding is mentioned"
    return "\n".join(line for row in explained for line in _text_lines(row))


def _text_lines(row: Explained) -> Iterator[str]:
    decides = ", decides" if row.decides else ""
    words = row.words if len(row.words) <= _LONGEST_WORDS else row.words[: _LONGEST_WORDS - 1] + "…"
    yield f"{row.finding}: {row.state}{decides}"
    yield f"  words      {words}   (section {row.section})"
    yield f"  rule       {row.rule}"
    if row.prior is None:
        return
    yield f"  prior      {_mean_and_spread(row.prior)}"
    if row.posterior is not None:
        yield f"  posterior  {_mean_and_spread(row.posterior)}"
    yield f"  target     {row.target:.2f}   (label {row.label}, rate r {row.rate:.2f})"
