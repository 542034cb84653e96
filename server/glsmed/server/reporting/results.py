"""Tables and figures of what the model does at each site."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from glsmed.server.reporting.auroc_interval import Interval, auroc_interval
from glsmed.server.reporting.parts.cohort import FEWEST_CASES
from glsmed.server.reporting.parts.numbers import count, number, signed
from glsmed.server.reporting.study_record import SiteNumbers, StudyRecord
from glsmed.shared.pages.blocks import Block, Figure, Heading, Paragraph, Table, bounded
from glsmed.shared.pages.figures import Estimate, estimates_svg, lines_svg, reliability_svg
from glsmed.shared.pages.spoken import say
from glsmed.shared.protocol.metric_names import EVALUATION_METRICS

METRIC_WORDS = {
    "auroc": "AUROC",
    "auprc": "AUPRC",
    "brier": "Brier score",
    "ece": "calibration error",
    "log_loss": "log-loss",
}
FEW = " *"  # after a metric by which sites cannot be compared
CHOOSING_WORDS = {**METRIC_WORDS, "composite": "composite score"}  # what a round may be chosen by


def results_blocks(record: StudyRecord) -> list[Block]:
    """The tables of every site, and the figures."""
    if not record.results:
        return [Paragraph(say("No model was measured yet."))]
    return [
        Paragraph(_what(record)),
        mean_table(record),
        *(table for site in sorted(record.results) for table in _site_blocks(record, site)),
        Paragraph(_intervals()),
        *_figures(record),
    ]


def mean_table(record: StudyRecord) -> Table:
    """The means over findings at each site."""
    rows = [
        [site, _against(numbers), count(numbers["counts"].get("patients")), *map(number, _means(numbers))]
        for site, numbers in sorted(record.results.items())
    ]
    head = [say("site"), say("compared with"), say("patients"), *_metric_names()]
    caption = say("Means over the findings that have both classes at the site.")
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
    rows = [
        [bounded(site, most=63), *(signed(own.get(metric)) for metric in EVALUATION_METRICS)]
        for site, own in sorted(gain.items())
    ]
    head = [say("site"), *_metric_names()]
    caption = say("The study's model less the best model that the site trained alone, on the same test patients.")
    explained = say("Above 0 is better for AUROC and AUPRC, below 0 for the others.")
    return [Heading(say("Beside each site's own model"), 3), Table(head, rows, caption), Paragraph(explained)]


def is_few(numbers: Mapping[str, float]) -> bool:
    """Whether there are fewer than ten cases of a class; true where it is not known."""
    if not {"n", "positives"} <= numbers.keys():
        return True
    return min(numbers["positives"], numbers["n"] - numbers["positives"]) < FEWEST_CASES


def _metric_names() -> list[str]:
    return [say(METRIC_WORDS[metric]) for metric in EVALUATION_METRICS]


def _what(record: StudyRecord) -> str:
    what = "The model of round {number} on the {split} patients of each site."
    words = say(what, number=record.results_round, split=say(record.split))
    if record.study.federation.summed_metrics:
        words += " " + say(
            "Only sums of the sites' counts are known (federation.summed_metrics): how it does at a single site is not."
        )
    if record.split == "test":
        return words
    return f"{words} {say('The study has not ended: the test patients were not looked at yet.')}"


def _site_blocks(record: StudyRecord, site: str) -> list[Block]:
    numbers = record.results[site]
    rows = [_row(finding, numbers["findings"].get(finding, {})) for finding in record.study.findings]
    head = [say("finding"), say("examinations"), say("with it"), *_metric_names()]
    return [Heading(site, 3), Table(head, rows)]


def _row(finding: str, numbers: Mapping[str, float]) -> list[str]:
    interval = interval_of(numbers)
    between = "" if interval is None else f" ({interval.low:.3f}–{interval.high:.3f})"
    few = FEW if "auroc" in numbers and is_few(numbers) else ""
    metrics = [number(numbers.get(metric)) for metric in EVALUATION_METRICS]
    metrics[0] += between + few
    return [finding, count(numbers.get("n")), count(numbers.get("positives")), *metrics]


def _means(numbers: SiteNumbers) -> list[float | None]:
    return [numbers["macro"].get(metric) for metric in EVALUATION_METRICS]


def _figures(record: StudyRecord) -> list[Block]:
    return [*_auroc_figure(record), *_calibration_figure(record), *_round_figure(record)]


def _auroc_figure(record: StudyRecord) -> list[Block]:
    rows = {finding: _estimates(record, finding) for finding in record.study.findings}
    rows = {finding: estimates for finding, estimates in rows.items() if estimates}
    if not rows:
        return []
    caption = say("AUROC of each finding at each site, with its 95 % interval where the site sent its counts.")
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
    caption = say(
        "Calibration over all findings together, in ten bins of what was said. A bin is not shown where fewer patients "
        "than the site's policy asks for have a finding in it, or have none."
    )
    return [Figure(reliability_svg(curves, title=caption), caption)]


def _round_figure(record: StudyRecord) -> list[Block]:
    values: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in record.metrics:
        if row.split == "validation" and row.metric == "log_loss":
            values[bounded(row.site, most=63)][row.round].append(row.value)
    curves = {site: _mean_of(rounds) for site, rounds in sorted(values.items())}
    if not curves:
        return []
    caption = say("Mean log-loss on each site's validation patients, by round.")
    return [Figure(lines_svg(curves, across=say("round"), up=say("log-loss"), title=caption), caption)]


def _mean_of(rounds: Mapping[float, Sequence[float]]) -> dict[float, float]:
    return {number: sum(values) / len(values) for number, values in sorted(rounds.items())}


def _against(numbers: SiteNumbers) -> str:
    if numbers["reference"] == "gold and reports":  # of a sum
        return say("gold at some sites, plain statements of reports at others")
    return say("gold") if numbers["reference"] == "gold" else say("plain statements of reports")


def _intervals() -> str:
    return say(
        "Intervals of AUROC are 95 % intervals from the counts that sites sent (Hanley and McNeil 1982, by scores); "
        "they take examinations as independent of each other. The other metrics have no interval here: that needs each "
        "patient's value, and none leaves a site. A dash is a number that did not come: see What was not measured. * "
        "Fewer than {cases} cases of a class, or number of cases not sent: sites cannot be compared by it.",
        cases=FEWEST_CASES,
    )
