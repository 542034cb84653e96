"""``flwr-server weights``: prepare a file of weights that a study can start from."""

from pathlib import Path
from typing import Annotated

import typer

weights_app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


@weights_app.callback()
def weights() -> None:
    """Prepare a file of weights that a study can start from (`flwr-server init --weights`)."""


@weights_app.command("convert")
def convert_command(
    file: Annotated[Path, typer.Argument(help="The torch file: .pth, .pt, .bin, .ckpt.")],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
    entry: Annotated[
        str | None, typer.Option(help="Part of the file that holds the weights, where it has several: teacher, ema.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the weights, kept in the header.")] = None,
) -> None:
    """Convert a torch file to safetensors, once, on the centre's machine.

    Only tensors are read. A file that holds other objects is refused, since opening it could run code.

    **Examples**

    - `flwr-server weights convert chest.pth --out chest.safetensors --licence CC-BY-4.0`
    - `flwr-server weights convert dino.pth --out dino.safetensors --entry teacher`
    """
    from glsmed.shared.files.file_digest import file_digest
    from glsmed.shared.networks.torch_file import convert_torch_file  # heavy: --help need not wait for it

    count = convert_torch_file(file, out, entry=entry, licence=licence)
    typer.echo(f"wrote {out}: {count} tensors, sha256 {file_digest(out)}")
    typer.echo(f"next: flwr-server init my-study --architecture NAME --weights {out}")
