"""Why a number is missing, in words, as far as the record tells."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from glsmed.server.reporting.parts.recorded_words import reason_in_words
from glsmed.server.reporting.study_record import SiteNumbers, StudyRecord
from glsmed.shared.pages.spoken import say
from glsmed.shared.protocol.metric_names import EVALUATION_METRICS


def why_missing(site: SiteNumbers, finding: str, metric: str) -> str:
    """Why a site's number of a finding is not there; empty where it is there."""
    findings = site["findings"]
    if metric in findings.get(finding, {}):
        return ""
    said = site["missing"].get(finding)
    if said:
        return say(str(said))
    if not any(metric in numbers for numbers in findings.values()):
        policy = "the site's policy lets no {metric} leave, or every one would be about too few patients"
        return say(policy, metric=metric)
    if site["missing"]:
        return say("it would be about too few patients for the site's policy")
    return say(
        "the site did not say why: too few patients with or without the finding, no gold or plain statement for it, or "
        "its adapter does not know it"
    )


def missing_metrics(record: StudyRecord) -> Iterator[tuple[str, str, str, str]]:
    """Site, finding, metric and reason of each number that a site that was measured did not send."""
    for site, numbers in record.results.items():
        for finding in record.study.findings:
            for metric in EVALUATION_METRICS:
                reason = why_missing(numbers, finding, metric)
                if reason:
                    yield site, finding, metric, reason


def missing_in_words(record: StudyRecord) -> list[str]:
    """One line for each reason: where it holds, for which findings and metrics."""
    groups: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for site, finding, metric, reason in missing_metrics(record):
        groups[site, reason][finding].append(metric)
    return [f"{site}: {_listed(findings)}: {reason}." for (site, reason), findings in sorted(groups.items())]


def unmeasured_sites(record: StudyRecord) -> Mapping[str, str]:
    """The reason for each site that no number of the shown evaluation came from."""
    sites = dict.fromkeys([*(row.site for row in record.sites if row.site), *record.joined])
    said = record.summary.get("not_evaluated", {})
    return {
        site: reason_in_words(said[site]) if site in said else _why_unmeasured(record, site)
        for site in sites
        if site not in record.results
    }


def _why_unmeasured(record: StudyRecord, site: str) -> str:
    if record.study.training.privacy.is_on and record.summary:
        return say("the study is private: no metric leaves, or its groups are too small for the noise")
    if not record.results:
        return say("no model was measured yet")
    if record.study.federation.summed_metrics:
        return say("its numbers are known in the sum only, if its policy lets them in")
    if site not in record.joined:
        return say("it never took part")
    if any(row.site == site and row.state == "withdrawn" for row in record.sites):
        return say("its key was withdrawn")
    return say("its policy lets no metric leave, or it was away at the evaluation")


def not_looked_at(record: StudyRecord) -> list[str]:
    """What nobody measured in this study, whatever the policies."""
    lines = [
        say("Groups of patients (age, sex, scanner, severity): sites send sums over all patients only."),
        say("Patients of hospitals outside the study."),
        say("Whether reading with the model is better than without: no reader was asked."),
        say(
            "Intervals of Brier score, log-loss and calibration error: they need each patient's value, and none leaves."
        ),
        say("An interval of the mean AUROC: findings of one patient go together, and how much is not known here."),
    ]
    if not record.study.federation.cross_site_evaluation:
        alone = "Each site's own best model beside the study's: federation.cross_site_evaluation is false."
        lines.append(say(alone))
    if not any(numbers["calibration"] for numbers in record.results.values()):
        curves = (
            "Calibration curves: no site sent a bin. It needs `calibration` in egress.metrics, and egress.min_patients "
            "patients with a finding and as many without one in the bin."
        )
        lines.append(say(curves))
    references = {site: numbers["reference"] for site, numbers in record.results.items()}
    if any("reports" in one for one in references.values()):
        against = ", ".join(sorted(site for site, one in references.items() if "reports" in one))
        truth = "The truth at {sites}: without gold, the model is compared with plain statements of reports."
        lines.append(say(truth, sites=against))
    return lines


def _listed(findings: Mapping[str, Sequence[str]]) -> str:
    """Findings with the metrics that they lack, those that lack the same together."""
    same: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for finding, metrics in findings.items():
        same[tuple(metrics)].append(finding)
    return "; ".join(f"{_names(names)} ({_kinds(metrics)})" for metrics, names in same.items())


def _kinds(metrics: Sequence[str]) -> str:
    return say("every metric") if len(metrics) == len(EVALUATION_METRICS) else ", ".join(metrics)


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)
