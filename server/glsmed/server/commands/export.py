"""``flwr-server export``: a round's model for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study


def export_command(
    context: typer.Context,
    onnx: Annotated[Path, typer.Option(help="ONNX file to write; a JSON file beside it says how to use it.")],
    study: StudyOption = None,
    *,
    round_number: Annotated[
        int | None,
        typer.Option("--round", min=0, help="Which model.", show_default="the best round, or the last so far"),
    ] = None,
) -> None:
    """Write the averaged model of a round as ONNX, without any hospital's offset or output calibration.

    The graph is compared with the network before anything is written. Needs `pip install 'glsmed[export]'`.

    **Example**: `flwr-server --study my-study/study.yaml export --onnx my-study.onnx`
    """
    from glsmed.server.reporting.checkpoint_export import export_checkpoint  # heavy: it imports torch

    chosen, difference = export_checkpoint(chosen_study(context, study), onnx, round_number=round_number)
    typer.echo(f"the model of round {chosen}\n{onnx}\n{onnx.with_suffix('.json')}")
    typer.echo(f"largest difference from the network: {difference:.1g}")
