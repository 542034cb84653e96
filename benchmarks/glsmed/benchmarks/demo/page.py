"""``report.html``: what happened in the demo on one self-contained page."""

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.result import EFFORTS, METRICS, MODELS, DemoResult, SiteResult, effort_rows, what_was_equal
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.tables.pages import Grid, image_source, render_page
from glsmed.shared.files.atomic import write_text
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.explaining.explanation import explain
from glsmed.site_adapters.explaining.explanation_page import as_html
from glsmed.site_adapters.reading.reader import Reader

_COLOURS = {"federated": "#2b6cb0", "local": "#b7791f", "pooled": "#718096"}


def write_page(folder: DemoFolder, hospitals: Sequence[Hospital], result: DemoResult) -> None:
    """Write ``report.html``: the tables, the rounds, a report of each hospital as it was read, and what left each."""
    content = {
        "results": _results(result.sites),
        "bars": image_source(_bars(result.sites)),
        "what_was_equal": what_was_equal(result),
        "efforts": Grid(EFFORTS, effort_rows(result)),
        "rounds": image_source(_rounds(folder)),
        "departures": Grid(
            ["site", "messages in its audit log", "MB of weights", "metrics"],
            [_departures(folder, hospital) for hospital in hospitals],
        ),
        "readings": {hospital.name: _reading(folder, hospital) for hospital in hospitals},
    }
    write_text(folder.root / "report.html", render_page("demo.html.j2", content))


def _results(sites: Mapping[str, SiteResult]) -> Grid:
    rows = [
        [site, model, *(f"{models[model].get(metric, float('nan')):.3f}" for metric in METRICS)]
        for site, models in sites.items()
        for model in MODELS
    ]
    return Grid(["site", "model", *METRICS], rows)


def _bars(sites: Mapping[str, SiteResult]) -> Figure:
    """AUROC and ECE of each model at each site."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, metric in zip(figure.subplots(1, 2), ("auroc", "ece"), strict=True):
        for number, model in enumerate(MODELS):
            places = [place + 0.27 * (number - 1) for place in range(len(sites))]
            values = [models[model][metric] for models in sites.values()]
            axes.bar(places, values, width=0.25, label=model, color=_COLOURS[model])
        axes.set_xticks(range(len(sites)), list(sites))
        axes.set_title({"auroc": "AUROC (higher is better)", "ece": "ECE (lower is better)"}[metric])
    figure.axes[0].set_ylim(0.5, 1)
    figure.axes[0].legend()
    return figure


def _rounds(folder: DemoFolder) -> Figure:
    """Mean log-loss on each site's validation split by round."""
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.subplots()
    for site, rounds in sorted(_validation_losses(folder).items()):
        axes.plot(list(rounds), [sum(values) / len(values) for values in rounds.values()], marker="o", label=site)
    axes.set_xlabel("round")
    axes.set_ylabel("log-loss")
    axes.legend()
    return figure


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
    return as_html([(report.stem, text, explain(reader, text))], title=f"{hospital.name}: {reader.adapter.label}")
