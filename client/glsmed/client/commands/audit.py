"""``glsmed-client audit verify``: is the record of what left this site whole?"""

from pathlib import Path

import typer

from glsmed.client.settings.config import load_site
from glsmed.shared.errors import PrivacyError
from glsmed.shared.files.audit import verify


def verify_command(config_file: Path) -> None:
    """Print how many entries stand and the last hash; an error names the first broken line."""
    log = load_site(config_file).state.audit_log
    report = verify(log)
    if report.first_broken is not None:
        raise PrivacyError(f"{log}:{report.first_broken}: {report.reason}")
    typer.echo(f"{log}: {report.entries} entries, unbroken")
    typer.echo(f"head {report.head}: note it elsewhere, so that a cut-off end shows too")
