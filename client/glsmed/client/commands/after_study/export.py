"""``glsmed-client export``: the site's model for other programs."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    context: typer.Context,
    onnx: Annotated[Path, typer.Option(help="ONNX file to write; a JSON file beside it says how to use it.")],
) -> None:
    """Write the model that this site ended up with as ONNX, with its offset and output calibration inside.

    The graph is compared with the network before anything is written. Needs `pip install 'glsmed[export]'`.

    **Example**: `glsmed-client --site config.yaml export --onnx chest-doubt.onnx`
    """
    from glsmed.client.model_use.site_export import export_site_model
    from glsmed.client.settings.config import load_site
    from glsmed.shared.files.output_paths import check_output_files

    config = load_site(context.obj)
    check_output_files([onnx, onnx.with_suffix(".json")], kept=[context.obj, *config.own_files])
    difference = export_site_model(config, onnx)
    typer.echo(f"{onnx}\n{onnx.with_suffix('.json')}\nlargest difference from the network: {difference:.1g}")
