"""``glsmed-client audit verify``: is the record of what left this site whole?"""

import typer

audit_app = typer.Typer(no_args_is_help=True, help="Read the record of everything that left this site.")


@audit_app.callback()
def audit() -> None:
    """Read the record of everything that left this site."""


@audit_app.command("verify")
def verify(context: typer.Context) -> None:
    """Check that no line of the audit log was changed, removed or added; exit code 1 if one was.

    **Example**: `glsmed-client --site config.yaml audit verify`
    """
    from glsmed.client.settings.config import load_site
    from glsmed.shared.errors import PrivacyError
    from glsmed.shared.files.audit import verify as verify_log

    log = load_site(context.find_root().obj).state.audit_log
    report = verify_log(log)
    if report.first_broken is not None:
        raise PrivacyError(f"{log}:{report.first_broken}: {report.reason}")
    typer.echo(f"{log}: {report.entries} entries, unbroken")
    typer.echo(f"head {report.head}: note it elsewhere, so that a cut-off end shows too")
