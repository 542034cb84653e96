"""The option that every command has which needs the authority's key, and the question where it was not given."""

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


def given_passphrase(certificates: "CertificateFolder", file: Path | None) -> bytes | None:
    """The passphrase of the authority's key: out of the file, or typed by whoever sits at the terminal; None: neither.

    Raises:
        UsageError: the file is missing, others can read it, or its first line is too short.
    """
    from glsmed.server.folders.authority.passphrase import passphrase_for

    def ask() -> str:
        return str(typer.prompt(f"passphrase of {certificates.ca_key}", hide_input=True))

    return passphrase_for(is_locked=certificates.is_locked, file=file, ask=ask)
