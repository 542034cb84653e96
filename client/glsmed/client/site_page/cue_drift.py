"""Has the way of writing changed? How many reports of a month use each cue, beside all months before it.

Each cue of each month is tested by Fisher's exact test; the level is shared among all of them (Bonferroni), so that of
a hundred pages about unchanged writing one shows an alert. Reports count as independent of each other.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from glsmed.shared.pages.blocks import Block, Paragraph, Table
from glsmed.shared.pages.spoken import say

FALSE_ALARMS = 0.01  # share of pages about unchanged writing that show an alert
LEAST_REPORTS = 20  # of a month, and of all months before it
_LEAST_USES = 5  # of a cue, in both together; fewer cannot differ by so much
_MOST_MONTHS = 6
_UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class CueChange:
    """One cue that is used more or less often than before.

    Attributes:
        now: reports of the month with the cue, of ``reports``.
        before: reports of all earlier months with it, of ``earlier``.
    """

    month: str
    cue: str
    now: int
    reports: int
    before: int
    earlier: int


@dataclass(frozen=True, slots=True)
class CueDrift:
    """What has changed, and which months could be judged."""

    changes: Sequence[CueChange]
    judged: Sequence[str]
    cues: int


def look_at_cues(uses: Mapping[str, Collection[str]], months: Mapping[str, str]) -> CueDrift:
    """Cues whose use differs from that of earlier months.

    Args:
        uses: by cue the examinations whose report uses it.
        months: by examination the month, for instance 2026-05.
    """
    by_month: dict[str, set[str]] = defaultdict(set)
    for study, month in months.items():
        by_month[month].add(study)
    by_month.pop(_UNDATED, None)
    judged = _judged(by_month)
    tables = [one for month in judged for one in _tables(month, by_month, uses)]
    level = FALSE_ALARMS / max(len(tables), 1)
    return CueDrift([one for one in tables if _chance(one) < level], judged, len(uses))


def cue_blocks(drift: CueDrift) -> list[Block]:
    """The cues that are used otherwise than before, or that none is."""
    if not drift.judged:
        sentence = (
            "Not judged: it needs dated reports (acquired_on in the manifest), {least} in a month and as many before."
        )
        return [Paragraph(say(sentence, least=LEAST_REPORTS))]
    told = say(
        "{cues} cues in {months}, each beside all months before it.", cues=drift.cues, months=", ".join(drift.judged)
    )
    if not drift.changes:
        return [Paragraph(told), Paragraph(say("No cue is used more or less often than before."))]
    head = [say(name) for name in ("month", "cue", "reports with it", "before", "direction")]
    sentence = "Someone writes otherwise, or a new template is in use: look whether the cue still means the same."
    return [Paragraph(told), Table(head, [_row(one) for one in drift.changes]), Paragraph(say(sentence), strong=True)]


def _judged(by_month: Mapping[str, Collection[str]]) -> list[str]:
    """The last months with enough reports in them and before them."""
    found, before = [], 0
    for month in sorted(by_month):
        if min(len(by_month[month]), before) >= LEAST_REPORTS:
            found.append(month)
        before += len(by_month[month])
    return found[-_MOST_MONTHS:]


def _tables(month: str, by_month: Mapping[str, set[str]], uses: Mapping[str, Collection[str]]) -> list[CueChange]:
    own = by_month[month]
    earlier = {study for name, studies in by_month.items() if name < month for study in studies}
    counts = [
        CueChange(month, cue, len(own & set(studies)), len(own), len(earlier & set(studies)), len(earlier))
        for cue, studies in uses.items()
    ]
    return [one for one in counts if one.now + one.before >= _LEAST_USES]


def _chance(one: CueChange) -> float:
    """The probability of so great a difference where nothing has changed."""
    from scipy.stats import fisher_exact  # type: ignore[import-untyped]  # no types; here, for it starts slowly

    table = [[one.now, one.reports - one.now], [one.before, one.earlier - one.before]]
    return float(fisher_exact(table).pvalue)


def _row(one: CueChange) -> list[str]:
    is_more = one.now * one.earlier > one.before * one.reports
    shares = (f"{part} / {whole} ({100 * part / whole:.0f} %)" for part, whole in _shares(one))
    return [one.month, one.cue, *shares, say("more often") if is_more else say("less often")]


def _shares(one: CueChange) -> tuple[tuple[int, int], tuple[int, int]]:
    return (one.now, one.reports), (one.before, one.earlier)
