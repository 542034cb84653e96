"""Tables and figures of what the model does at each site."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from glsmed.server.reporting.auroc_interval import Interval, auroc_interval
from glsmed.server.reporting.study_record import SiteNumbers, StudyRecord
from glsmed.shared.pages.blocks import Block, Figure, Heading, Paragraph, Table
from glsmed.shared.pages.figures import Estimate, estimates_svg, lines_svg, reliability_svg
from glsmed.shared.protocol.metric_names import EVALUATION_METRICS

NONE = "–"
WORDS = {"auroc": "AUROC", "auprc": "AUPRC", "brier": "Brier score", "ece": "calibration error", "log_loss": "log-loss"}
CHOOSING_WORDS = {**WORDS, "composite": "composite score"}  # what a round may be chosen by
INTERVALS = (
    "Intervals of AUROC are 95 % intervals from the counts that sites sent (Hanley and McNeil 1982, by scores); they "
    "take examinations as independent of each other. The other metrics have no interval here: that needs each "
    "patient's value, and none leaves a site. A dash is a number that did not come: see What was not measured."
)


def results_blocks(record: StudyRecord) -> list[Block]:
    """The tables of every site, and the figures."""
    if not record.results:
        return [Paragraph("No model was measured yet.")]
    return [
        Paragraph(_what(record)),
        mean_table(record),
        *(table for site in sorted(record.results) for table in _site_blocks(record, site)),
        Paragraph(INTERVALS),
        *_figures(record),
    ]


def mean_table(record: StudyRecord) -> Table:
    """The means over findings at each site."""
    rows = [
        [site, _against(numbers), _count(numbers["counts"].get("patients")), *map(_number, _means(numbers))]
        for site, numbers in sorted(record.results.items())
    ]
    head = ["site", "compared with", "patients", *(WORDS[metric] for metric in EVALUATION_METRICS)]
    caption = "Means over the findings that have both classes at the site."
    return Table(head, rows, caption)


def interval_of(numbers: Mapping[str, float]) -> Interval | None:
    """The interval of a finding's AUROC, where the site sent both counts."""
    if not {"auroc", "n", "positives"} <= numbers.keys():
        return None
    positives = round(numbers["positives"])
    negatives = round(numbers["n"]) - positives
    if min(positives, negatives) < 1:
        return None
    return auroc_interval(min(max(numbers["auroc"], 0.0), 1.0), positives=positives, negatives=negatives)


def gain_blocks(record: StudyRecord) -> list[Block]:
    """Each site's result beside its own best model, where the study compares."""
    gain = record.summary.get("cross_site", {}).get("gain", {})
    if not gain:
        return []
    rows = [[site, *(_signed(own.get(metric)) for metric in EVALUATION_METRICS)] for site, own in sorted(gain.items())]
    head = ["site", *(WORDS[metric] for metric in EVALUATION_METRICS)]
    caption = "The study's model less the best model that the site trained alone, on the same test patients."
    explained = "Above 0 is better for AUROC and AUPRC, below 0 for the others."
    return [Heading("Beside each site's own model"), Table(head, rows, caption), Paragraph(explained)]


def _what(record: StudyRecord) -> str:
    split = {"test": "test", "validation": "validation"}[record.split]
    more = "" if record.split == "test" else " The study has not ended: the test patients were not looked at yet."
    return f"The model of round {record.results_round} on the {split} patients of each site.{more}"


def _site_blocks(record: StudyRecord, site: str) -> list[Block]:
    numbers = record.results[site]
    rows = [_row(finding, numbers["findings"].get(finding, {})) for finding in record.study.findings]
    head = ["finding", "examinations", "with it", *(WORDS[metric] for metric in EVALUATION_METRICS)]
    return [Heading(site, 3), Table(head, rows)]


def _row(finding: str, numbers: Mapping[str, float]) -> list[str]:
    interval = interval_of(numbers)
    between = "" if interval is None else f" ({interval.low:.3f} to {interval.high:.3f})"
    metrics = [_number(numbers.get(metric)) for metric in EVALUATION_METRICS]
    metrics[0] += between
    return [finding, _count(numbers.get("n")), _count(numbers.get("positives")), *metrics]


def _means(numbers: SiteNumbers) -> list[float | None]:
    return [numbers["macro"].get(metric) for metric in EVALUATION_METRICS]


def _figures(record: StudyRecord) -> list[Block]:
    return [*_auroc_figure(record), *_calibration_figure(record), *_round_figure(record)]


def _auroc_figure(record: StudyRecord) -> list[Block]:
    rows = {finding: _estimates(record, finding) for finding in record.study.findings}
    rows = {finding: estimates for finding, estimates in rows.items() if estimates}
    if not rows:
        return []
    caption = "AUROC of each finding at each site, with its 95 % interval where the site sent its counts."
    return [Figure(estimates_svg(rows, across="AUROC", title=caption), caption)]


def _estimates(record: StudyRecord, finding: str) -> dict[str, Estimate]:
    estimates = {}
    for site, numbers in sorted(record.results.items()):
        of_finding = numbers["findings"].get(finding, {})
        if "auroc" in of_finding:
            interval = interval_of(of_finding)
            ends = (None, None) if interval is None else (interval.low, interval.high)
            estimates[site] = Estimate(of_finding["auroc"], *ends)
    return estimates


def _calibration_figure(record: StudyRecord) -> list[Block]:
    curves = {
        site: [(one["said"], one["true"]) for one in numbers["calibration"]]
        for site, numbers in sorted(record.results.items())
        if numbers["calibration"]
    }
    if not curves:
        return []
    caption = (
        "Calibration over all findings together, in ten bins of what was said. A bin is not shown where fewer patients "
        "than the site's policy asks for have a finding in it, or have none."
    )
    return [Figure(reliability_svg(curves, title=caption), caption)]


def _round_figure(record: StudyRecord) -> list[Block]:
    values: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in record.metrics:
        if row.split == "validation" and row.metric == "log_loss":
            values[row.site][row.round].append(row.value)
    curves = {site: _mean_of(rounds) for site, rounds in sorted(values.items())}
    if not curves:
        return []
    caption = "Mean log-loss on each site's validation patients, by round."
    return [Figure(lines_svg(curves, across="round", up="log-loss", title=caption), caption)]


def _mean_of(rounds: Mapping[float, Sequence[float]]) -> dict[float, float]:
    return {number: sum(values) / len(values) for number, values in sorted(rounds.items())}


def _against(numbers: SiteNumbers) -> str:
    return "gold" if numbers["reference"] == "gold" else "plain statements of reports"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return NONE if value is None else f"{value:+.3f}"


def _count(value: float | None) -> str:
    return NONE if value is None else f"{value:.0f}"
