"""Whether hospitals' adapters are likely to know the study's findings."""

from collections.abc import Sequence
from pathlib import Path

from glsmed.server.readiness.report import CheckReport
from glsmed.shared.files.documents import did_you_mean, read_document
from glsmed.shared.findings import CANONICAL_FINDINGS, FINDINGS_OF_SOME_LANGUAGES


def check_findings(study_file: Path, findings: Sequence[str]) -> CheckReport:
    """A warning for each finding that not every built-in vocabulary knows: a site that does not know it masks it.

    Raises:
        ConfigurationError: the study file cannot be read any more.
    """
    document = read_document(study_file)
    report = CheckReport()
    for index, finding in enumerate(findings):
        problem = _problem(finding)
        if problem:
            report.warnings.append(str(document.fault(("findings", index), f"{finding!r} {problem}")))
    return report


def _problem(finding: str) -> str:
    if finding in CANONICAL_FINDINGS:
        return ""
    if finding in FINDINGS_OF_SOME_LANGUAGES:
        known = ", ".join(FINDINGS_OF_SOME_LANGUAGES[finding])
        return f"is in the built-in vocabulary of {known} only: hospitals with other languages have to add terms for it"
    words = "is in no built-in vocabulary: a hospital whose adapter has no terms for it leaves it out of its training"
    return words + did_you_mean(finding, [*CANONICAL_FINDINGS, *FINDINGS_OF_SOME_LANGUAGES])
