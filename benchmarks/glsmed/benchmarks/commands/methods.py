"""``glsmed-benchmark methods``: what each way of learning from doubt is worth, on simulated readings."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
import typer

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import FitSettings
from glsmed.benchmarks.comparison.jobs import Plan
from glsmed.benchmarks.comparison.results import Results
from glsmed.benchmarks.comparison.run import run_plan
from glsmed.benchmarks.comparison.trial import Sizes
from glsmed.benchmarks.methods.catalogue import CANDIDATES, check_method, needs_federation
from glsmed.benchmarks.simulator.scenarios import world_named
from glsmed.benchmarks.simulator.sources import label_of, source_named
from glsmed.benchmarks.tables.differences import Differences
from glsmed.benchmarks.tables.finished import Finished
from glsmed.benchmarks.tables.markdown import tables_markdown
from glsmed.benchmarks.tables.report import report_html
from glsmed.benchmarks.tables.summary import Means, summary_content
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.documents import did_you_mean

QUICK_METHODS = ("gls-lexicon", "gls-site", "u-ones", "u-zeros", "u-ones-lsr", "u-ones-ls")
QUICK_SIZES = Sizes(train=200, validation=40, test=110, gold=50)
QUICK_FIT = FitSettings(epochs=8)


def make_plan(
    pixels: str,
    *,
    worlds: Sequence[str],
    arms: Sequence[str],
    methods: Sequence[str],
    seeds: int,
    gold: int,
    quick: bool,
    test: int = 270,
    epochs: int | None = None,
    folds: int = 1,
) -> Plan:
    """The plan that the options ask for; ``folds`` 1 holds out one test set.

    Raises:
        UsageError: a world, arm or method is unknown, or a method needs a federation and there is no such arm.
    """
    for arm in arms:
        if arm not in ARMS:
            raise UsageError(f"no arm {arm!r}{did_you_mean(arm, list(ARMS))}; there are {', '.join(ARMS)}")
    for name in methods:
        if needs_federation(name) and not any(ARMS[arm].federated for arm in arms):
            federated = ", ".join(arm for arm in ARMS if ARMS[arm].federated)
            raise UsageError(f"method {name!r} is about federations: add one of the arms {federated}")
    usual = QUICK_FIT if quick else FitSettings()
    return Plan(
        pixels=label_of(pixels),
        worlds=tuple(world_named(name).name for name in worlds),
        arms=tuple(arms),
        methods=tuple(check_method(name) for name in methods or (QUICK_METHODS if quick else CANDIDATES)),
        seeds=min(seeds, 2) if quick else seeds,
        sizes=QUICK_SIZES if quick else Sizes(gold=gold, test=test),
        settings=replace(usual, epochs=epochs or usual.epochs),
        tuned=not quick,
        folds=folds,
    )


def methods_command(plan: Plan, pixels: str, *, out: Path, reference: str) -> None:
    """Run what is missing, then write summary.json, tables.md and report.html."""
    torch.set_num_threads(1)  # the networks are too small to share
    results = Results(out, plan.sizes, plan.settings)
    run_plan(plan, source_named(pixels), results, report=lambda line: typer.echo(line, err=True))
    finished = Finished(plan, results, reference)
    means, differences = Means(finished), Differences(finished)
    content = summary_content(finished, means, differences)
    write_text(out / "summary.json", json.dumps(content, indent=1) + "\n")
    write_text(out / "tables.md", tables_markdown(finished, means, differences))
    write_text(out / "report.html", report_html(finished, means, differences))
    typer.echo(f"{out / 'report.html'}, {out / 'tables.md'}, {out / 'summary.json'}")
