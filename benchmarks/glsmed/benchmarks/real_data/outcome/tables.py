"""The page of a comparison on real data: every table with intervals, and the answers in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from glsmed.benchmarks.real_data.dataset_folder import describe_dataset
from glsmed.benchmarks.real_data.outcome.federation_tables import federation_blocks, policy_blocks
from glsmed.benchmarks.real_data.outcome.scores import ALL_CELLS, COMPARED, DOUBTED, Scores
from glsmed.benchmarks.real_data.outcome.unseen import LABELS, PAIRED, Unseen, unseen
from glsmed.benchmarks.real_data.outcome.worth import Curve, curve, worth
from glsmed.benchmarks.real_data.plans import CEILING, HELD_BACK, RECIPE, RealJob, RealPlan
from glsmed.benchmarks.real_data.runs import RealRuns
from glsmed.benchmarks.tables.paired_bootstrap import Interval
from glsmed.shared.files.atomic import write_text
from glsmed.shared.pages.blocks import Block, Heading, Page, Paragraph, Table
from glsmed.shared.pages.html_page import as_html
from glsmed.shared.pages.markdown_page import as_markdown

_SHOWN = {
    "auroc": ("AUROC", ".3f"),
    "auprc": ("AUPRC", ".3f"),
    "brier": ("Brier", ".3f"),
    "log_loss": ("log-loss", ".3f"),
    "ece": ("ECE", ".3f"),
    "ece_floor": ("its floor", ".3f"),
    "calibration_slope": ("slope", ".2f"),
    "false_alerts_95": ("false alerts at .95", ".1f"),
    "false_alerts_98": ("at .98", ".1f"),
    "spared_95": ("spared at .95", ".1f"),
    "spared_98": ("at .98", ".1f"),
    "net_benefit": ("net benefit", ".3f"),
}
_DIFFERENCES = {
    "auroc": ("AUROC", "+.4f"),
    "brier": ("Brier", "+.4f"),
    "log_loss": ("log-loss", "+.4f"),
    "false_alerts_95": ("false alerts at .95", "+.1f"),
    "false_alerts_98": ("at .98", "+.1f"),
}
_LEGEND = (
    "A deal divides each hospital's patients into training, validation and test; figures are means over deals. "
    "Gold labels are counted for each hospital, and one that has fewer gives all. Intervals are 95 %, from "
    "patients and deals drawn again, and not corrected for how many they are; one without 0 in it is clear of 0. "
    "Its floor: the ECE that exactly right probabilities would have by chance. Slope: 1 is calibrated, less is "
    "overconfident. False alerts at .95: in 100 examinations, at the threshold that calls 95 % of the present "
    "findings. Spared at .95: of 100 examinations without the finding, those below that threshold. Doubted cells: "
    "those that the report words with doubt."
)
_ASKED_ELSEWHERE = (
    "gls-lexicon",
    "gls-image-informed",
    "u-ones",
    "sce",
    RECIPE,
    "gls-joint-informed",
    "gls-shared-informed",
    "gls-beta-ones",
    CEILING,
)
_UNSEEN_BEFORE = ("AUROC", "Brier", "log-loss", "ECE", "its floor", "slope")
_UNSEEN_AFTER = ("Brier", "log-loss", "ECE", "its floor")


def write_tables(plan: RealPlan, runs: RealRuns, out: Path) -> None:
    """Write tables.md, report.html and summary.json of trainings that are done."""
    scores = Scores(plan, runs)
    asked = _unseen_jobs(plan, scores)
    elsewhere = {label: unseen(runs, jobs, _reference_jobs(plan, runs, jobs)) for label, jobs in asked}
    page = Page(f"{plan.data.name}: what doubt is worth", tuple(_blocks(plan, runs, scores, elsewhere)))
    write_text(out / "tables.md", as_markdown(page))
    write_text(out / "report.html", as_html(page))
    write_text(out / "summary.json", json.dumps(_summary(plan, scores, elsewhere), indent=1) + "\n")


def _blocks(plan: RealPlan, runs: RealRuns, scores: Scores, elsewhere: Mapping[str, Unseen]) -> Iterator[Block]:
    settings = plan.settings
    yield Paragraph(
        f"{plan.seeds} deals; pictures of {plan.size_px} x {plan.size_px}; network {settings.network}, "
        f"{settings.epochs} epochs; hospitals: {', '.join(describe_dataset(plan.data).adapters)}. {_LEGEND}"
    )
    for gold in plan.amounts:
        if scores.means(gold):
            yield from _at(plan, scores, gold)
    yield from _held_back(plan, scores)
    yield from _labels_saved(plan, scores)
    if elsewhere:
        yield Heading("Hospitals that took no part")
        yield _unseen_table(plan, elsewhere)
    yield from federation_blocks(runs, scores)
    yield from policy_blocks(scores)


def _at(plan: RealPlan, scores: Scores, gold: int) -> Iterator[Block]:
    yield Heading(_said(gold))
    worst = scores.worst_hospital(gold)
    for subset in (ALL_CELLS, DOUBTED):
        means = scores.means(gold, subset)
        worst_column = {name: f"{value:.3f} ({site})" for name, (site, value) in worst.items()}
        yield _means_table(means, worst_column if subset == ALL_CELLS else {}, f"{_said(gold)}, {subset} cells")
        rows = differences(plan, scores, gold, subset)
        if rows:
            yield _differences_table(rows, f"{plan.reference_at(gold)} less the method, {subset} cells")


def differences(plan: RealPlan, scores: Scores, gold: int, subset: str) -> dict[str, dict[str, Interval]]:
    """By method and metric: the reference less the method, both with this gold."""
    reference, rows = plan.reference_at(gold), {}
    for method in plan.methods_at(gold):
        found = {metric: scores.less((reference, gold), (method, gold), metric, subset) for metric in COMPARED}
        if method != reference and all(found.values()):
            rows[method] = {name: one for name, one in found.items() if one is not None}
    return rows


def _means_table(means: Mapping[str, Mapping[str, float]], worst: Mapping[str, str], caption: str) -> Table:
    shown = [name for name in _SHOWN if any(name in row for row in means.values())]
    header = ["method", *(_SHOWN[name][0] for name in shown), *(["worst hospital"] if worst else [])]
    rows = [
        [
            method,
            *(format(row[name], _SHOWN[name][1]) if name in row else "" for name in shown),
            *([worst.get(method, "")] if worst else []),
        ]
        for method, row in means.items()
    ]
    return Table(header, rows, caption)


def _differences_table(rows: Mapping[str, Mapping[str, Interval]], caption: str) -> Table:
    header = ["method", *(_DIFFERENCES[name][0] for name in _DIFFERENCES)]
    body = [
        [method, *(_interval(row[name], _DIFFERENCES[name][1]) for name in _DIFFERENCES)]
        for method, row in rows.items()
    ]
    return Table(header, body, f"{caption}; * is clear of 0")


def _interval(one: Interval, form: str) -> str:
    star = "*" if one.is_clear_of_zero else ""
    return f"{one.mean:{form}} [{one.low:{form}}, {one.high:{form}}]{star}"


def _held_back(plan: RealPlan, scores: Scores) -> Iterator[Block]:
    """Output calibration from gold that was trained on, against gold that was not."""
    means, rows = {}, {}
    for gold in plan.gold:
        for method in HELD_BACK:
            jobs, usual = scores.jobs(method, gold, held_back=True), scores.jobs(method, gold)
            if jobs and usual:
                means[f"{method}, {gold}"] = scores.means_of(jobs)
                found = {metric: scores.less_jobs(jobs, usual, metric) for metric in COMPARED}
                rows[f"{method}, {gold}"] = {name: one for name, one in found.items() if one is not None}
    if means:
        yield Heading("Half of the gold kept out of training, for output calibration alone")
        yield _means_table(means, {}, "method, gold labels of each hospital")
        yield _differences_table(rows, "half kept out, less all of it trained on")


def _labels_saved(plan: RealPlan, scores: Scores) -> Iterator[Block]:
    curves = {name: curve(plan, scores, name, "auroc") for name in (CEILING, RECIPE)}
    if not all(curves.values()):
        return
    yield Heading("Labels saved")
    labels = sorted({count for one in curves.values() for count in one})
    rows = [[f"{count:.0f}", *(_point(curves[name], count) for name in curves)] for count in labels]
    yield Table(["gold labels of all hospitals", "from gold alone", "from reports and gold"], rows, "AUROC")
    for metric in ("auroc", "log_loss"):
        found = worth(plan, scores, metric) if metric == "auroc" else None
        if found:
            yield Paragraph(f"In AUROC {found}.")


def _point(one: Curve, count: float) -> str:
    if count not in one:
        return ""
    mean, low, high = one[count]
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _unseen_jobs(plan: RealPlan, scores: Scores) -> Iterator[tuple[str, Sequence[RealJob]]]:
    """What is asked about where, and the trainings that are asked."""
    if plan.elsewhere is not None:
        for gold in plan.amounts:
            for method in plan.methods_at(gold):
                if method in _ASKED_ELSEWHERE and (jobs := scores.jobs(method, gold)):
                    yield f"{plan.elsewhere.name}: {method}, {_said(gold)}", jobs
    for site in plan.left_out:
        for gold in plan.amounts:
            for method in dict.fromkeys((*plan.methods_at(gold), CEILING)):
                if jobs := scores.jobs(method, gold, site):
                    yield f"{site}: {method}, {_said(gold)}", jobs


def _reference_jobs(plan: RealPlan, runs: RealRuns, jobs: Sequence[RealJob]) -> Sequence[RealJob]:
    """The same trainings by the reference; none where it is these themselves, or was not trained."""
    asked = [replace(job, method=plan.reference_at(job.gold)) for job in jobs]
    return asked if asked != list(jobs) and all(map(runs.has, asked)) else []


def _unseen_table(plan: RealPlan, rows: Mapping[str, Unseen]) -> Table:
    after = [f"{name}, after {LABELS} labels" for name in _UNSEEN_AFTER]
    less = [f"{name}, reference less method" for name in ("AUROC", "Brier")]
    header = ["hospital, method", "images", *_UNSEEN_BEFORE, *less, *after]
    body = [
        [
            label,
            str(one.examinations),
            f"{one.auroc.mean:.3f} [{one.auroc.low:.3f}, {one.auroc.high:.3f}]",
            *(f"{one.before[name]:.3f}" for name in ("brier", "log_loss", "ece", "ece_floor")),
            f"{one.before['calibration_slope']:.2f}",
            *(_interval(one.less[name], "+.3f") if name in one.less else "" for name in PAIRED),
            *(f"{one.after[name]:.3f}" if one.after else "" for name in ("brier", "log_loss", "ece", "ece_floor")),
        ]
        for label, one in rows.items()
        if one.auroc
    ]
    caption = (
        f"First the model as it comes, then with an output calibration from {LABELS} labels of that hospital. "
        "Intervals: patients and deals drawn again. The reference is "
        f"{plan.reference_at(0)} without gold and {plan.reference_at(1)} with it; "
        "* is clear of 0"
    )
    return Table(header, body, caption)


def _said(gold: int) -> str:
    from glsmed.benchmarks.real_data.dealing import ALL

    return "no gold" if gold == 0 else "gold for all" if gold == ALL else f"{gold} gold labels"


def _summary(plan: RealPlan, scores: Scores, elsewhere: Mapping[str, Unseen]) -> dict[str, object]:
    content: dict[str, object] = {"plan": json.loads(json.dumps(asdict(plan), default=str))}
    for gold in plan.amounts:
        content[_said(gold)] = {
            subset: {
                "means": scores.means(gold, subset),
                "reference_less_method": {
                    method: {metric: asdict(one) for metric, one in row.items()}
                    for method, row in differences(plan, scores, gold, subset).items()
                },
            }
            for subset in (ALL_CELLS, DOUBTED)
        }
    content["curves"] = {
        name: {f"{count:.0f}": point for count, point in curve(plan, scores, name, "auroc").items()}
        for name in (CEILING, RECIPE)
    }
    found = worth(plan, scores)
    content["worth"] = asdict(found) if found else None
    content["unseen"] = {label: asdict(one) for label, one in elsewhere.items()}
    return content
