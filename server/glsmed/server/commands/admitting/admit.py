"""``flwr-server admit``: let a hospital join."""

import io
import select
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.server.commands.passphrase_option import PassphraseOption, chosen_passphrase_file, given_passphrase
from glsmed.server.commands.study_option import StudyOption, chosen_study

if TYPE_CHECKING:
    from glsmed.shared.protocol.enrolment import EnrolmentRequest

_PIPE_SECONDS = 1.0  # how long the first word of a pipe is waited for


def admit_command(
    context: typer.Context,
    request: Annotated[Path, typer.Argument(help="The request.yaml that a hospital sent.")],
    study: StudyOption = None,
    *,
    fingerprint: Annotated[
        str | None,
        typer.Option(
            help="What the hospital read out of its key's fingerprint, at least 12 characters.",
            show_default="asked for",
        ),
    ] = None,
    ca_passphrase_file: PassphraseOption = None,
) -> None:
    """Admit a hospital: check its signed request, compare its key with what it reads out, and let it join.

    Call the hospital, by a number that you know: it reads out the fingerprint that `glsmed-client enroll` printed.
    Type it, or its first 12 characters; another key is not admitted. Then send the hospital the certificate of its key,
    which this writes: it connects with it. A running study takes the hospital up by itself.

    **Examples**

    - `flwr-server --study my-study/study.yaml admit request.yaml` asks for the fingerprint

    - `flwr-server --study my-study/study.yaml admit request.yaml --fingerprint SHA256:kf8Wz0mH4dTq` for scripts
    """
    from glsmed.server.admission.comparison import require_same_key  # heavy: --help need not wait for it
    from glsmed.server.admission.registry import admit
    from glsmed.server.admission.site_certificates import SiteCertificates
    from glsmed.server.folders.study_folder import StudyFolder
    from glsmed.shared.protocol.enrolment import fingerprint as fingerprint_of

    folder = StudyFolder(chosen_study(context, study))
    approved = folder.study()
    certificates = SiteCertificates(folder.site_certificates, folder.certificates)
    passphrase_file = chosen_passphrase_file(context, ca_passphrase_file)
    is_compared: list[bool] = []

    def compare(asking: "EnrolmentRequest") -> None:
        typed = _typed_for(asking) if fingerprint is None else fingerprint
        if typed is not None:
            require_same_key(asking, typed)
        is_compared.append(typed is not None)
        if certificates.fault(asking) is not None:
            certificates.issue([asking], passphrase=given_passphrase(folder.certificates, passphrase_file))

    admitted = admit(request, sites=folder.sites, study=approved.study, study_digest=approved.digest(), compare=compare)
    typer.echo(f"admitted {admitted.site} (glsmed {admitted.glsmed}, flwr {admitted.flwr})")
    typer.echo(f"key {fingerprint_of(admitted.public_key)}")
    typer.echo(f"send {certificates.path(admitted.site)} to {admitted.site}, which keeps it as keys/site.crt")
    if not all(is_compared):
        typer.echo(_not_compared(admitted.site), err=True)


def _typed_for(asking: "EnrolmentRequest") -> str | None:
    """What the operator types; None where nobody can."""
    typer.echo(f"{asking.site} asks to join {asking.study} (glsmed {asking.glsmed}, flwr {asking.flwr})")
    question = f"fingerprint of its key, as {asking.site} reads it out over the telephone"
    if sys.stdin.isatty():
        return str(typer.prompt(question))
    return _piped()


def _piped() -> str | None:
    """The first line of what is piped into the command; None where nothing is."""
    try:
        is_there = bool(select.select([sys.stdin], [], [], _PIPE_SECONDS)[0])
    except (io.UnsupportedOperation, ValueError, OSError):  # no file of the system, and so nothing to wait for
        is_there = not sys.stdin.closed
    line = sys.stdin.readline().strip() if is_there else ""
    return line or None


def _not_compared(site: str) -> str:
    return (
        f"WARNING: fingerprint not compared: whoever could change request.yaml on its way may have put a key of their "
        f"own into it. Call {site} now; if it reads out another fingerprint than the one above, run flwr-server "
        f"withdraw {site}. In a script, give what the hospital read out: admit request.yaml --fingerprint SHA256:…"
    )
