"""Whom a study is about, as far as sites' policies let it be known; there before the first round.

Counts leave a site in steps of its ``egress.min_patients``, so shares made of them are near the truth and not exact.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from glsmed.server.reporting.parts.numbers import count, percent
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.pages.blocks import NONE, Block, Listing, Paragraph, Table
from glsmed.shared.pages.spoken import say
from glsmed.shared.protocol.metric_names import metric_key

_TENFOLD = 10.0
FEWEST_CASES = 10  # of a class; below, a metric says nothing that sites could be compared by
_MEASURED_SHARE = 0.15  # of the patients, in the test split of an ordinary site
_TRAINED_SHARE = 0.70
_FEWEST_TRAINED = round(FEWEST_CASES * _TRAINED_SHARE / _MEASURED_SHARE)  # so that ten are left to be measured


@dataclass(frozen=True, slots=True)
class FindingCohort:
    """One finding in the training split of one site; None is what did not leave.

    Attributes:
        cells: examinations with a label for it.
        present: those of them where it is likelier present than absent.
        doubted: those of them whose report is in doubt.
    """

    cells: float | None = None
    present: float | None = None
    doubted: float | None = None

    @property
    def prevalence(self) -> float | None:
        """The share that is present; None where it is not known."""
        return self.present / self.cells if self.cells and self.present is not None else None


@dataclass(frozen=True, slots=True)
class SiteCohort:
    """One site that has joined."""

    site: str
    patients: float | None
    findings: Mapping[str, FindingCohort]


@dataclass(frozen=True, slots=True)
class Cohort:
    """All sites, and what a person should look at before the first round.

    Attributes:
        awaited: admitted sites that have not joined yet.
    """

    findings: Sequence[str]
    sites: Sequence[SiteCohort]
    awaited: Sequence[str]
    warnings: Sequence[str]


def read_cohort(record: StudyRecord) -> Cohort:
    """The cohort of a study, from what each site said when it joined."""
    findings = record.study.findings
    sites = [_site(name, fields.get("metrics", {}), findings) for name, fields in sorted(record.joined.items())]
    admitted = sorted(row.site for row in record.sites if row.state == "admitted")
    awaited = [site for site in admitted if site not in record.joined]
    warnings = [line for finding in findings for line in _warnings(finding, sites)]
    return Cohort(findings, sites, awaited, warnings)


def cohort_blocks(cohort: Cohort) -> list[Block]:
    """Who is there, how many cells, how often present, how often in doubt; the warnings first."""
    blocks: list[Block] = []
    if cohort.warnings:
        blocks += [Paragraph(say("Look at this before the first round:"), strong=True), Listing(cohort.warnings)]
    if cohort.awaited:
        names = ", ".join(cohort.awaited)
        blocks.append(Paragraph(say("Not joined yet: {names}. Each must start glsmed-client.", names=names)))
    if not cohort.sites:
        return [*blocks, Paragraph(say("No site has joined yet, so nothing is known of patients."))]
    return [*blocks, *_tables(cohort), Paragraph(_explained())]


def _site(name: str, metrics: Mapping[str, float], findings: Sequence[str]) -> SiteCohort:
    def of(finding: str) -> FindingCohort:
        kinds = ("training_cells", "present_cells", "doubted_cells")
        return FindingCohort(*(metrics.get(metric_key(kind, finding)) for kind in kinds))

    return SiteCohort(name, metrics.get("patients"), {finding: of(finding) for finding in findings})


def _tables(cohort: Cohort) -> list[Block]:
    shown: list[tuple[str, Callable[[FindingCohort], str]]] = [
        (say("Labelled examinations in training"), lambda one: count(one.cells)),
        (say("Share in which the finding is present (number)"), _present),
        (say("Share whose report is in doubt"), lambda one: percent(one.doubted, one.cells)),
    ]
    patients = [site.site for site in cohort.sites], [count(site.patients) for site in cohort.sites]
    blocks: list[Block] = [Table([say("site"), *patients[0]], [[say("patients"), *patients[1]]], say("Patients"))]
    for caption, words in shown:
        rows = [[finding, *(words(site.findings[finding]) for site in cohort.sites)] for finding in cohort.findings]
        if any(cell != NONE for row in rows for cell in row[1:]):
            blocks.append(Table([say("finding"), *patients[0]], rows, caption))
    return blocks


def _present(one: FindingCohort) -> str:
    share = percent(one.present, one.cells)
    return share if share == NONE else f"{share} ({count(one.present)})"


def _explained() -> str:
    return say(
        "Each site lets counts go in steps of its own egress.min_patients (`counts` and `cohort` in egress.metrics). A "
        "dash: it would be about too few patients, or the site's policy keeps it. A private study has none of them."
    )


def _warnings(finding: str, sites: Sequence[SiteCohort]) -> list[str]:
    there = {site.site: site.findings[finding] for site in sites}
    return [*_one_site_only(finding, sites), *_far_apart(finding, there), *_too_few(finding, there)]


def _one_site_only(finding: str, sites: Sequence[SiteCohort]) -> list[str]:
    """Of the sites that tell of cells at all, one alone has some of this finding."""
    telling = [site for site in sites if any(one.cells for one in site.findings.values())]
    having = [site.site for site in telling if site.findings[finding].cells]
    if len(telling) == len(having) or len(having) != 1:
        return []
    return [say("{finding}: labelled at one site only, {site}.", finding=finding, site=having[0])]


def _far_apart(finding: str, there: Mapping[str, FindingCohort]) -> list[str]:
    shares = {site: one.prevalence for site, one in there.items() if one.prevalence}
    known = {site: share for site, share in shares.items() if share is not None}
    if len(known) < 2:  # two to compare
        return []
    low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    if known[high] < _TENFOLD * known[low]:
        return []
    sentence = "{finding}: present in {high} at {most} and in {low} at {least}: do both mean the same by it?"
    ends = {"high": percent(known[high], 1), "low": f"{100 * known[low]:.1f} %", "most": high, "least": low}
    return [say(sentence, finding=finding, **ends)]


def _too_few(finding: str, there: Mapping[str, FindingCohort]) -> list[str]:
    few = {
        site: one.present for site, one in there.items() if one.present is not None and one.present < _FEWEST_TRAINED
    }
    if not few:
        return []
    sites = ", ".join(f"{site} ({count(present)})" for site, present in few.items())
    return [
        say(
            "{finding}: too few with it to be measured at {sites}: of fewer than {least} in training, fewer than "
            "{cases} are left for the test.",
            finding=finding,
            sites=sites,
            least=_FEWEST_TRAINED,
            cases=FEWEST_CASES,
        )
    ]
