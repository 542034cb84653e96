"""The AUROC of each finding at each site, round by round, with intervals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.reporting.parts.cohort import FEWEST_CASES
from glsmed.server.reporting.parts.numbers import number
from glsmed.server.reporting.results import FEW, interval_of, is_few
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.pages.blocks import NONE, Block, Figure, Heading, Paragraph, Table, bounded
from glsmed.shared.pages.figures import lines_svg
from glsmed.shared.pages.spoken import say

_LAST_ROUNDS = 6  # columns of a table

Numbers = Mapping[str, float]  # of one finding at one site after one round


@dataclass(frozen=True, slots=True)
class Course:
    """Validation numbers by finding, site and round."""

    findings: Mapping[str, Mapping[str, Mapping[int, Numbers]]]


def read_course(record: StudyRecord) -> Course:
    """The course of a study over its validated rounds."""
    found: dict[str, dict[str, dict[int, dict[str, float]]]] = {}
    for row in _validated(record.metrics):
        site = bounded(row.site, most=63)
        of_site = found.setdefault(row.finding, {}).setdefault(site, defaultdict(dict))
        of_site[row.round][row.metric] = row.value
    known = {finding: found[finding] for finding in record.study.findings if finding in found}
    return Course({finding: dict(sorted(sites.items())) for finding, sites in known.items()})


def course_blocks(course: Course) -> list[Block]:
    """For each finding a curve of AUROC by round, one line a site, and the last rounds with intervals."""
    blocks = [block for finding, sites in course.findings.items() for block in _finding_blocks(finding, sites)]
    if not blocks:
        return [Paragraph(say("No round was validated yet, or no site lets its AUROC go."))]
    return [Paragraph(_explained()), *blocks]


def _validated(rows: Sequence[MetricRow]) -> list[MetricRow]:
    return [row for row in rows if row.split == "validation" and row.finding]


def _finding_blocks(finding: str, sites: Mapping[str, Mapping[int, Numbers]]) -> list[Block]:
    curves = {site: _auroc(rounds) for site, rounds in sites.items() if _auroc(rounds)}
    if not curves:
        return []
    caption = say("AUROC of {finding} on each site's validation patients, by round.", finding=finding)
    rounds = sorted({one for own in sites.values() for one in own})[-_LAST_ROUNDS:]
    rows = [[site, *(_cell(sites[site].get(one, {})) for one in rounds)] for site in curves]
    head = [say("site"), *(say("round {number}", number=one) for one in rounds)]
    figure = Figure(lines_svg(curves, across=say("round"), up="AUROC", title=caption), caption)
    return [Heading(finding, 3), figure, Table(head, rows, caption)]


def _auroc(rounds: Mapping[int, Numbers]) -> dict[float, float]:
    return {float(one): numbers["auroc"] for one, numbers in sorted(rounds.items()) if "auroc" in numbers}


def _cell(numbers: Numbers) -> str:
    words = number(numbers.get("auroc"))
    if words == NONE:
        return words
    interval = interval_of(numbers)
    between = "" if interval is None else f" ({interval.low:.3f}–{interval.high:.3f})"
    return f"{words}{between}{FEW if is_few(numbers) else ''}"


def _explained() -> str:
    return say(
        "In brackets the 95 % interval, where the site sent its counts. * Fewer than {cases} cases of a class, or "
        "number of cases not sent: sites cannot be compared by it. Sites stand in the order of their names.",
        cases=FEWEST_CASES,
    )
