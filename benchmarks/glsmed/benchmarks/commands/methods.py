"""``glsmed-benchmark methods``: what each way of learning from doubt is worth, on simulated readings."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.benchmarks.commands.options import MethodOption, PixelsOption

if TYPE_CHECKING:
    from glsmed.benchmarks.comparison.jobs import Plan
    from glsmed.benchmarks.tables.finished import Finished


def methods(
    out: Annotated[Path, typer.Option(help="Folder for runs; what is done there already is kept.")],
    pixels: PixelsOption = "drawn",
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", "--world", help="Scenario, may be repeated.", show_default="case-dependent"),
    ] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Arm, may be repeated.", show_default="no-gold, gold")] = None,
    method: MethodOption = None,
    reference: Annotated[str, typer.Option(help="Method that the others are compared with.")] = "gls-site",
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from 0.")] = 5,
    gold: Annotated[int, typer.Option(min=0, help="Gold labels of each hospital.")] = 100,
    test: Annotated[int, typer.Option(min=1, help="Test examinations of each hospital.")] = 270,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of each training.", show_default="20")] = None,
    folds: Annotated[
        int | None, typer.Option(min=2, help="Cross-validate in so many folds.", show_default="one held-out test set")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small and short: shows that it works, proves nothing.")
    ] = False,
) -> None:
    """Compare ways of learning from doubted labels on simulated readings; may be stopped and started again.

    **Examples**

    - `glsmed-benchmark methods --quick --out runs/quick`
    - `glsmed-benchmark methods --pixels pneumoniamnist --scenario class-conditional --arm gold --out runs/methods`
    - `glsmed-benchmark methods --folds 5 --method gls-site --method u-ones --out runs/folds`
    - `glsmed-benchmark methods --epochs 200 --method gls-negative --method gls-site --out runs/long`
    """
    from glsmed.benchmarks.comparison.plans import PlanOptions, make_plan

    options = PlanOptions(
        pixels=pixels,
        scenarios=scenario or ["case-dependent"],
        arms=arm or ["no-gold", "gold"],
        methods=method or (),
        seeds=seeds,
        gold=gold,
        test=test,
        epochs=epochs,
        folds=folds or 1,
        quick=quick,
    )
    compare_methods(make_plan(options), pixels, out=out, reference=reference)


def compare_methods(plan: "Plan", pixels: str, *, out: Path, reference: str) -> None:
    """Run what is missing, then write summary.json, tables.md and report.html."""
    import torch

    from glsmed.benchmarks.comparison.results import Results
    from glsmed.benchmarks.comparison.run import run_plan
    from glsmed.benchmarks.simulator.sources import source_named
    from glsmed.benchmarks.tables.finished import Finished

    torch.set_num_threads(1)  # the networks are too small to share
    results = Results(out, plan.sizes, plan.settings)
    run_plan(plan, source_named(pixels), results, tell=lambda line: typer.echo(line, err=True))
    _write_tables(Finished(plan, results, reference), out)
    typer.echo(f"{out / 'report.html'}, {out / 'tables.md'}, {out / 'summary.json'}")


def _write_tables(finished: "Finished", out: Path) -> None:
    from glsmed.benchmarks.tables.differences import Differences
    from glsmed.benchmarks.tables.markdown import tables_markdown
    from glsmed.benchmarks.tables.report import report_html
    from glsmed.benchmarks.tables.summary import Means, summary_content
    from glsmed.shared.files.atomic import write_text

    means, differences = Means(finished), Differences(finished)
    content = summary_content(finished, means, differences)
    write_text(out / "summary.json", json.dumps(content, indent=1) + "\n")
    write_text(out / "tables.md", tables_markdown(finished, means, differences))
    write_text(out / "report.html", report_html(finished, means, differences))
