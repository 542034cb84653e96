"""The option of each command that needs the authority's key, before it or after it, and the question without it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.server.folders.pki import CertificateFolder

PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--ca-passphrase-file",
        envvar="GLSMED_CA_PASSPHRASE_FILE",
        help="File whose first line opens an encrypted pki/ca.key, where a certificate has to be made.",
    ),
]


_PARAMETER = "ca_passphrase_file"
_TYPED_BEFORE = "glsmed.ca_passphrase_file"


def keep_for_command(context: typer.Context, file: Path | None) -> None:
    """Keep the file that was typed before a command, for :func:`chosen_passphrase_file` of that command."""
    if _is_typed(context):
        context.meta[_TYPED_BEFORE] = file


def chosen_passphrase_file(context: typer.Context, file: Path | None) -> Path | None:
    """The file typed after the command, else the one before it, else that of the environment."""
    typed_before: Path | None = context.meta.get(_TYPED_BEFORE)
    return file if _is_typed(context) or typed_before is None else typed_before


def _is_typed(context: typer.Context) -> bool:
    source = context.get_parameter_source(_PARAMETER)
    return source is not None and source.name == "COMMANDLINE"


def given_passphrase(certificates: "CertificateFolder", file: Path | None) -> bytes | None:
    """The passphrase of the authority's key: out of the file, or typed by whoever sits at the terminal; None: neither.

    Raises:
        UsageError: the file is missing, others can read it, or its first line is too short.
    """
    from glsmed.server.folders.authority.passphrase import passphrase_for

    def ask() -> str:
        return str(typer.prompt(f"passphrase of {certificates.ca_key}", hide_input=True))

    return passphrase_for(is_locked=certificates.is_locked, file=file, ask=ask)
