"""``report.html``: what happened in the demo on one self-contained page."""

import base64
import csv
import html
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from matplotlib.figure import Figure

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.result import METRICS, MODELS, SiteResult
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.shared.files.atomic import write_text
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.explaining.explanation import explain
from glsmed.site_adapters.explaining.explanation_page import as_html
from glsmed.site_adapters.reading.reader import Reader

_STYLE = (
    "body{font:16px/1.6 sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .7em;text-align:right}"
    "th:first-child,td:first-child{text-align:left}img{max-width:100%}"
    "iframe{width:100%;height:34rem;border:1px solid #ccc}"
)
_COLOURS = {"federated": "#2b6cb0", "local": "#b7791f", "pooled": "#718096"}
_INTRODUCTION = (
    "Three hospitals trained one model together. Images, reports and truth are drawn by this software: the numbers "
    "show that the parts work together, not what real hospitals would reach. Federated, local and pooled models took "
    "equal numbers of gradient steps and the same recipe. A hospital's gold covers its validation and test patients "
    "only, so what is learned from comes from the reports alone."
)


def write_page(folder: DemoFolder, hospitals: Sequence[Hospital], results: Mapping[str, SiteResult]) -> None:
    """Write ``report.html``: the table, the rounds, a report of each hospital as it was read, and what left each."""
    parts = [
        f"<p>{_INTRODUCTION}</p>",
        "<h2>Means over findings, gold test split</h2>",
        _results_table(results),
        _image(_bars(results)),
        "<h2>Validation by round</h2>",
        _image(_rounds(folder)),
        "<h2>What left each hospital</h2>",
        _departures(folder, hospitals),
        "<h2>How a report of each hospital was read</h2>",
        *(_reading(folder, hospital) for hospital in hospitals),
    ]
    write_text(
        folder.root / "report.html",
        f'<!doctype html><html><head><meta charset="utf-8"><title>glsmed demo</title><style>{_STYLE}</style></head>'
        f"<body><h1>glsmed demo</h1>{''.join(parts)}</body></html>\n",
    )


def _results_table(results: Mapping[str, SiteResult]) -> str:
    rows = [
        [site, model, *(f"{models[model].get(metric, float('nan')):.3f}" for metric in METRICS)]
        for site, models in results.items()
        for model in MODELS
    ]
    return _table(["site", "model", *METRICS], rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    header = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{header}</tr>{body}</table>"


def _bars(results: Mapping[str, SiteResult]) -> Figure:
    """AUROC and ECE of each model at each site."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, metric in zip(figure.subplots(1, 2), ("auroc", "ece"), strict=True):
        for number, model in enumerate(MODELS):
            places = [place + 0.27 * (number - 1) for place in range(len(results))]
            values = [models[model][metric] for models in results.values()]
            axes.bar(places, values, width=0.25, label=model, color=_COLOURS[model])
        axes.set_xticks(range(len(results)), list(results))
        axes.set_title({"auroc": "AUROC (higher is better)", "ece": "ECE (lower is better)"}[metric])
    figure.axes[0].set_ylim(0.5, 1)
    figure.axes[0].legend()
    return figure


def _rounds(folder: DemoFolder) -> Figure:
    """Mean log-loss on each site's validation split by round."""
    by_site: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with (folder.run / "metrics.csv").open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["split"] == "validation" and row["metric"] == "log_loss":
                by_site[row["site"]][int(row["round"])].append(float(row["value"]))
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.subplots()
    for site, rounds in sorted(by_site.items()):
        axes.plot(list(rounds), [sum(values) / len(values) for values in rounds.values()], marker="o", label=site)
    axes.set_xlabel("round")
    axes.set_ylabel("log-loss")
    axes.legend()
    return figure


def _image(figure: Figure) -> str:
    output = io.BytesIO()
    figure.savefig(output, format="png", dpi=110)
    return f'<img alt="figure" src="data:image/png;base64,{base64.b64encode(output.getvalue()).decode()}">'


def _departures(folder: DemoFolder, hospitals: Sequence[Hospital]) -> str:
    rows = []
    for hospital in hospitals:
        log = folder.site(hospital.name) / "state" / "audit.jsonl"
        sent = [json.loads(line)["fields"] for line in log.read_text(encoding="utf-8").splitlines()]
        kinds = [str(fields.get("message", "error")) for fields in sent]
        megabytes = sum(int(fields.get("bytes", 0)) for fields in sent) / 1e6
        numbers = sum(len(fields.get("metrics", {})) for fields in sent)
        counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
        rows.append([hospital.name, counts, f"{megabytes:.0f}", str(numbers)])
    return _table(["site", "messages in its audit log", "MB of weights", "metrics"], rows)


def _reading(folder: DemoFolder, hospital: Hospital) -> str:
    """The first report of the hospital with its words marked."""
    reader = Reader(load_adapter(hospital.adapter))
    report = min((folder.site(hospital.name) / "data" / "reports").iterdir())
    text = report.read_text(encoding="utf-8")
    page = as_html([(report.stem, text, explain(reader, text))], title=f"{hospital.name}: {reader.adapter.label}")
    return f'<iframe title="{hospital.name}" srcdoc="{html.escape(page, quote=True)}"></iframe>'
