"""``glsmed-benchmark real``: what doubt is worth on real examinations with a truth of their own."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import JobsOption, MethodOption


def real(
    data: Annotated[Path, typer.Option(help="Folder of a data set, as docs/dataset.md describes it.")],
    out: Annotated[Path, typer.Option(help="Folder for trainings; what is done there already is kept.")],
    elsewhere: Annotated[
        Path | None, typer.Option(help="Data set of hospitals that no model has seen; all are asked about.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many times the patients are divided again.")] = 10,
    gold: Annotated[
        list[int] | None,
        typer.Option(help="Gold labels of each hospital, may be repeated.", show_default="25, 50, 100"),
    ] = None,
    method: MethodOption = None,
    leave_out: Annotated[bool, typer.Option("--leave-out", help="Leave each hospital out once, too.")] = False,
    part: Annotated[
        list[str] | None, typer.Option(help="methods or federations, may be repeated.", show_default="methods")
    ] = None,
    device: Annotated[str, typer.Option(help="Of federations, as in config.yaml.")] = "cpu",
    size: Annotated[int, typer.Option(min=16, help="Side of the pictures in pixels.")] = 32,
    network: Annotated[str, typer.Option(help="placed, small, or an architecture of study.yaml.")] = "placed",
    epochs: Annotated[int, typer.Option(min=1, help="Of each training.")] = 25,
    jobs: JobsOption = 1,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two seeds, four methods: shows that it works, proves nothing.")
    ] = False,
) -> None:
    """Train every method on real examinations and judge it by their truth; may be stopped and started again.

    Writes tables.md, summary.json and report.html. Patients are never divided between training and test.

    **Examples**

    - `glsmed-benchmark real --data runs/data/busbra --elsewhere runs/data/breast-usg --leave-out --out runs/busbra`
    - `glsmed-benchmark real --data runs/data/busbra --part methods --part federations --out runs/busbra`
    - `glsmed-benchmark real --data my-data --quick --out runs/quick`
    """
    from glsmed.benchmarks.methods.catalogue import check_method
    from glsmed.benchmarks.real_data.dataset_folder import describe_dataset
    from glsmed.benchmarks.real_data.outcome.tables import write_tables
    from glsmed.benchmarks.real_data.plans import GOLD, PARTS, QUICK_EPOCHS, QUICK_SEEDS, RealPlan, settings_for
    from glsmed.benchmarks.real_data.runs import RealRuns, run_plan
    from glsmed.shared.errors import UsageError

    plan = RealPlan(
        data=data.resolve(),
        elsewhere=elsewhere.resolve() if elsewhere else None,
        size_px=size,
        seeds=min(seeds, QUICK_SEEDS) if quick else seeds,
        gold=tuple(gold or (GOLD[1:2] if quick else GOLD)),
        methods=tuple(check_method(name) for name in method or ()),
        left_out=tuple(describe_dataset(data).adapters) if leave_out else (),
        parts=tuple(part or PARTS[:1]),
        device=device,
        quick=quick,
        settings=settings_for(size, network=network, epochs=QUICK_EPOCHS if quick else epochs),
    )
    unknown = [name for name in plan.parts if name not in PARTS]
    if unknown:
        raise UsageError(f"--part {unknown[0]}: expected {' or '.join(PARTS)}")
    runs = RealRuns(out.resolve(), plan)
    run_plan(plan, runs, at_once=jobs, tell=lambda line: typer.echo(line, err=True))
    write_tables(plan, runs, out.resolve())
    typer.echo(f"{out / 'tables.md'}, {out / 'summary.json'}, {out / 'report.html'}")
