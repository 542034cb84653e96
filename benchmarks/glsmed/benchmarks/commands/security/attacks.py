"""``glsmed-benchmark attacks``: what a dishonest centre or hospital achieves, with and without each defence."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from glsmed.shared.processes.command_line import Tell


def attacks(
    out: Annotated[Path, typer.Option(help="Folder for the result.")],
    part: Annotated[
        Literal["labels", "poison", "membership", "inversion"],
        typer.Option(
            help="Which attack: labels out of validation AUROCs; poisoned updates of one hospital of three; who was "
            "trained on, out of the final model; images out of one update."
        ),
    ] = "labels",
    bound: Annotated[
        list[float] | None, typer.Option(min=1, help="labels: federation.max_round_change; again for more.")
    ] = None,
    studies: Annotated[int, typer.Option(min=30, help="labels: examinations of the hospital.")] = 700,
    rounds: Annotated[int, typer.Option(min=2, help="labels: rounds of the study.")] = 50,
    steps: Annotated[int, typer.Option(min=1, help="labels: gradient steps in a round.")] = 10,
    seed: Annotated[int, typer.Option(help="labels: of the patients and the attacker.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="All but labels: how many.")] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="inversion: two settings, a short search.")] = False,
) -> None:
    """Attack drawn hospitals, and count what was achieved.

    Writes PART.md and PART.json, for inversion also PART.png; prints the table. A poison run that was stopped goes on
    where it was.

    **Examples**

    - `glsmed-benchmark attacks --part labels --rounds 50 --out runs/attacks`
    - `glsmed-benchmark attacks --part poison --seeds 3 --out runs/attacks`
    - `glsmed-benchmark attacks --part membership --seeds 3 --out runs/attacks`
    - `glsmed-benchmark attacks --part inversion --seeds 3 --out runs/attacks`
    """
    import torch

    from glsmed.shared.files.atomic import write_text
    from glsmed.shared.processes.logs import configure_logging

    torch.set_num_threads(1)
    configure_logging(level=logging.CRITICAL)
    if part == "poison":
        content, table = _poison(out / part, seeds, _tell)
    elif part == "membership":
        content, table = _membership(seeds, _tell)
    elif part == "inversion":
        content, table = _inversion(out / "inversion.png", seeds, _tell, quick=quick)
    else:
        run = {"studies": studies, "rounds": rounds, "steps": steps, "seed": seed}
        content, table = _labels(out, bound or [1.0, 1.5, 3.0, 10.0], run)
    write_text(out / f"{part}.json", json.dumps(content, indent=1) + "\n")
    write_text(out / f"{part}.md", table)
    typer.echo(table)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _poison(out: Path, seeds: int, tell: "Tell") -> tuple[object, str]:
    from glsmed.benchmarks.attacks.poisoning import Size, poisoned_markdown, poisoned_studies

    done = list(poisoned_studies(out, seeds=seeds, size=Size(), tell=tell))
    return [asdict(one) for one in done], poisoned_markdown(done)


def _membership(seeds: int, tell: "Tell") -> tuple[object, str]:
    from glsmed.benchmarks.attacks.membership import inferred, membership_markdown

    done = list(inferred(seeds=seeds, tell=tell))
    return [asdict(one) for one in done], membership_markdown(done)


def _inversion(picture: Path, seeds: int, tell: "Tell", *, quick: bool) -> tuple[object, str]:
    from glsmed.benchmarks.attacks.inversion_picture import inversion_picture
    from glsmed.benchmarks.attacks.inverted_updates import inversion_markdown, inversions
    from glsmed.shared.files.atomic import write_bytes

    done = list(inversions(seeds=seeds, tell=tell, is_quick=quick))
    write_bytes(picture, inversion_picture([one for one in done if one.seed == 0]))
    return [one.figures() for one in done], inversion_markdown(done)


def _labels(out: Path, bounds: list[float], run: dict[str, int]) -> tuple[object, str]:
    from glsmed.benchmarks.attacks.curve import curve_markdown, leakage, settings_of

    points = list(leakage(out, settings_of(bounds), tell=_tell, **run))
    rows = [
        {
            "bound": one.setting.bound,
            "design": one.design,
            "drawn": one.setting.draws,
            "answers": one.answers,
            "refused": one.refused,
            "labels": one.read.labels,
            "accuracy": round(one.read.accuracy, 4),
            "absent": round(one.read.absent, 4),
        }
        for one in points
    ]
    return {**run, "points": rows}, curve_markdown(points)
