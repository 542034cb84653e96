"""``glsmed-benchmark real``: what doubt is worth on real examinations with a truth of their own."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.benchmarks.commands.options import JobsOption, MethodOption

_Data = Annotated[Path, typer.Option(help="Folder of a data set, as docs/dataset.md describes it.")]
_Out = Annotated[Path, typer.Option(help="Folder for trainings; what is done there already is kept.")]
_Elsewhere = Annotated[
    Path | None, typer.Option(help="Data set of hospitals that no model has seen; all are asked about.")
]
_Seeds = Annotated[int, typer.Option(min=1, help="How many times the patients are divided again.")]
_Gold = Annotated[
    list[int] | None,
    typer.Option(help="Gold labels of each hospital, may be repeated.", show_default="25, 50, 100"),
]
_LeaveOut = Annotated[bool, typer.Option("--leave-out", help="Leave each hospital out once, too.")]
_Part = Annotated[
    list[str] | None, typer.Option(help="methods, federations or policies, may be repeated.", show_default="methods")
]
_Device = Annotated[str, typer.Option(help="Of federations, as in config.yaml.")]
_Size = Annotated[int, typer.Option(min=16, help="Side of the pictures in pixels.")]
_Network = Annotated[str, typer.Option(help="placed, small, or an architecture of study.yaml.")]
_Epochs = Annotated[int, typer.Option(min=1, help="Of each training.")]
_Rate = Annotated[
    float | None,
    typer.Option("--learning-rate", min=1e-6, help="Of every training.", show_default="0.002, federations 0.001"),
]
_Bf16 = Annotated[bool, typer.Option("--bf16", help="Convolutions in bf16: faster on CPUs with AMX.")]
_Bare = Annotated[
    bool,
    typer.Option("--bare", help="No label curve, and no gold kept out of training: for networks that take long."),
]
_Reference = Annotated[
    str | None,
    typer.Option(help="Method that the others are compared with.", show_default="gls-lexicon, with gold gls-site"),
]
_Quick = Annotated[bool, typer.Option("--quick", help="Two seeds, four methods: shows that it works, proves nothing.")]


def real(
    data: _Data,
    out: _Out,
    elsewhere: _Elsewhere = None,
    seeds: _Seeds = 10,
    gold: _Gold = None,
    method: MethodOption = None,
    leave_out: _LeaveOut = False,
    part: _Part = None,
    device: _Device = "cpu",
    size: _Size = 32,
    network: _Network = "placed",
    epochs: _Epochs = 25,
    learning_rate: _Rate = None,
    bf16: _Bf16 = False,
    bare: _Bare = False,
    reference: _Reference = None,
    jobs: JobsOption = 1,
    quick: _Quick = False,
) -> None:
    """Train every method on real examinations and judge it by their truth; may be stopped and started again.

    Writes tables.md, summary.json and report.html. Patients are never divided between training and test.

    **Examples**

    - `glsmed-benchmark real --data runs/data/busbra --elsewhere runs/data/breast-usg --leave-out --out runs/busbra`
    - `glsmed-benchmark real --data runs/data/busbra --part methods --part federations --out runs/busbra`
    - `glsmed-benchmark real --data my-data --size 112 --network resnet18 --learning-rate 2e-4 --bf16 --out runs/r18`
    - `glsmed-benchmark real --data my-data --quick --out runs/quick`
    """
    from glsmed.benchmarks.methods.catalogue import check_method
    from glsmed.benchmarks.real_data.dataset_folder import describe_dataset
    from glsmed.benchmarks.real_data.outcome.tables import write_tables
    from glsmed.benchmarks.real_data.plans import (
        FEDERATION_RATE,
        GOLD,
        LEARNING_RATE,
        PARTS,
        RealPlan,
        check_part,
        settings_for,
    )
    from glsmed.benchmarks.real_data.runs import RealRuns, run_plan

    asked = RealPlan(
        data=data.resolve(),
        elsewhere=elsewhere.resolve() if elsewhere else None,
        size_px=size,
        seeds=seeds,
        gold=tuple(gold or (GOLD[1:2] if quick else GOLD)),
        methods=tuple(check_method(name) for name in method or ()),
        left_out=tuple(describe_dataset(data).adapters) if leave_out else (),
        parts=tuple(check_part(name) for name in part or PARTS[:1]),
        device=device,
        bare=bare,
        reference=check_method(reference) if reference else "",
        federation_rate=learning_rate or FEDERATION_RATE,
        settings=settings_for(
            size,
            network=network,
            epochs=epochs,
            learning_rate=learning_rate or LEARNING_RATE,
            mixed_precision=bf16,
        ),
    )
    plan = asked.shortened() if quick else asked
    runs = RealRuns(out.resolve(), plan)
    run_plan(plan, runs, at_once=jobs, tell=lambda line: typer.echo(line, err=True))
    write_tables(plan, runs, out.resolve())
    typer.echo(f"{out / 'tables.md'}, {out / 'summary.json'}, {out / 'report.html'}")
