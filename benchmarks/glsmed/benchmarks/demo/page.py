"""``report.html``: what happened in the demo on one self-contained page."""

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.result import (
    EFFORTS,
    METRICS,
    MODELS,
    DemoResult,
    SiteResult,
    beside_local_lines,
    effort_rows,
    what_was_equal,
)
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.shared.files.atomic import write_text
from glsmed.shared.pages.blocks import Block, Figure, Frame, Heading, Listing, Page, Paragraph, Table
from glsmed.shared.pages.figures import bars_svg, lines_svg
from glsmed.shared.pages.html_page import as_html
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.explaining.explanation import explain
from glsmed.site_adapters.explaining.explanation_page import as_html as explained
from glsmed.site_adapters.reading.reader import Reader

_CAPTIONS = {"auroc": "AUROC at each hospital; higher is better.", "ece": "ECE at each hospital; lower is better."}
_WHAT = (
    "Three hospitals trained one model together. Images, reports and truth are drawn by this software: the numbers "
    "show that the parts work together, not what real hospitals would reach. A hospital's gold covers its validation "
    "and test patients only, so the models learn from the reports alone."
)


def write_page(folder: DemoFolder, hospitals: Sequence[Hospital], result: DemoResult) -> None:
    """Write ``report.html``: the tables, the rounds, a report of each hospital as it was read, and what left each."""
    departures = [_departures(folder, hospital) for hospital in hospitals]
    blocks: list[Block] = [
        Paragraph(_WHAT),
        Heading("Means over findings, gold test split"),
        _results(result.sites),
        *(_bars(result.sites, metric) for metric in ("auroc", "ece")),
        Heading("Beside each hospital's own model"),
        Listing(beside_local_lines(result)),
        Heading("What was equal"),
        Paragraph(what_was_equal(result)),
        Table(EFFORTS, effort_rows(result)),
        Heading("Validation by round of the federation"),
        _rounds(folder),
        Heading("What left each hospital"),
        Table(["site", "messages in its audit log", "MB of weights", "metrics"], departures),
        Heading("The centre's own pages"),
        Paragraph("centre/run/report.html, model-card.html and data-sheet.html, as every study has them."),
        Heading("How a report of each hospital was read"),
        *(Frame(hospital.name, _reading(folder, hospital)) for hospital in hospitals),
    ]
    write_text(folder.root / "report.html", as_html(Page("glsmed demo", blocks)))


def _results(sites: Mapping[str, SiteResult]) -> Table:
    rows = [
        [site, model, *(f"{models[model].get(metric, float('nan')):.3f}" for metric in METRICS)]
        for site, models in sites.items()
        for model in MODELS
    ]
    return Table(["site", "model", *METRICS], rows)


def _bars(sites: Mapping[str, SiteResult], metric: str) -> Figure:
    """One metric of each model at each site."""
    groups = {site: {model: models[model][metric] for model in MODELS} for site, models in sites.items()}
    caption = _CAPTIONS[metric]
    return Figure(bars_svg(groups, up=metric, title=caption, lowest=0.5 if metric == "auroc" else 0.0), caption)


def _rounds(folder: DemoFolder) -> Figure:
    """Mean log-loss on each site's validation split by round."""
    curves = {
        site: {float(number): sum(values) / len(values) for number, values in rounds.items()}
        for site, rounds in sorted(_validation_losses(folder).items())
    }
    caption = "Mean log-loss on each hospital's validation patients, by round."
    return Figure(lines_svg(curves, across="round", up="log-loss", title=caption), caption)


def _validation_losses(folder: DemoFolder) -> Mapping[str, Mapping[int, Sequence[float]]]:
    """By site and round, the log-loss of each finding."""
    by_site: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with (folder.run / "metrics.csv").open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["split"] == "validation" and row["metric"] == "log_loss":
                by_site[row["site"]][int(row["round"])].append(float(row["value"]))
    return by_site


def _departures(folder: DemoFolder, hospital: Hospital) -> list[str]:
    """What the hospital's audit log holds: kinds of message, megabytes of weights, and numbers."""
    log = folder.site(hospital.name) / "state" / "audit" / "audit.jsonl"
    sent = [json.loads(line)["fields"] for line in log.read_text(encoding="utf-8").splitlines()]
    kinds = [str(fields.get("message", "error")) for fields in sent]
    megabytes = sum(int(fields.get("bytes", 0)) for fields in sent) / 1e6
    numbers = sum(len(fields.get("metrics", {})) for fields in sent)
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    return [hospital.name, counts, f"{megabytes:.0f}", str(numbers)]


def _reading(folder: DemoFolder, hospital: Hospital) -> str:
    """A page with the first report of the hospital, its words marked."""
    reader = Reader(load_adapter(hospital.adapter))
    report = min((folder.site(hospital.name) / "data" / "reports").iterdir())
    text = report.read_text(encoding="utf-8")
    return explained([(report.stem, text, explain(reader, text))], title=f"{hospital.name}: {reader.adapter.label}")
