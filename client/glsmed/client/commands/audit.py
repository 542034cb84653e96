"""``glsmed-client audit``: is the record of what left this site whole, and is it what the centre noted of it?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.settings.config import SiteConfig
    from glsmed.shared.files.audit import AuditReport

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

    config = load_site(context.find_root().obj)
    report = _whole(config)
    signed = "each signed with this site's key" if report.key else "not signed: this site has not joined yet"
    typer.echo(f"{config.state.audit_log}: {report.entries} entries, unbroken, {signed}")
    typer.echo(f"head {report.head}: the centre notes it with each answer; see: glsmed-client audit compare --help")


@audit_app.command("compare")
def compare(
    context: typer.Context,
    heads: Annotated[Path, typer.Argument(help="run/audit-heads/SITE.jsonl, as the centre sent it.")],
) -> None:
    """Compare the audit log with what the centre noted of its end; exit code 1 if lines were changed or cut off.

    Whoever has this site's key can write the whole log anew, or cut its end off. Neither fits what the centre has
    noted with each answer.

    **Example**: `glsmed-client --site config.yaml audit compare st-mary.jsonl`
    """
    from glsmed.client.settings.config import load_site
    from glsmed.shared.errors import PrivacyError
    from glsmed.shared.files.audit import compare as compare_log
    from glsmed.shared.files.audit import read_anchors

    config, anchors = load_site(context.find_root().obj), read_anchors(heads)
    report = _whole(config)
    differences = compare_log(config.state.audit_log, anchors)
    if differences:
        raise PrivacyError("\n".join(f"{config.state.audit_log}: {difference}" for difference in differences))
    typer.echo(f"{config.state.audit_log}: {report.entries} entries, as the centre noted them {len(anchors)} times")


def _whole(config: "SiteConfig") -> "AuditReport":
    """What there is to say of a log that is whole, under the site's own key if it has one.

    Raises:
        PrivacyError: it is not whole.
    """
    from glsmed.client.settings.enrolment import read_private_key
    from glsmed.shared.errors import PrivacyError
    from glsmed.shared.files.audit import verify as verify_log
    from glsmed.shared.files.line_signature import public_line

    log = config.state.audit_log
    key = public_line(read_private_key(config.key)) if config.key.exists() else None
    report = verify_log(log, key)
    if report.first_broken is not None:
        raise PrivacyError(f"{log}:{report.first_broken}: {report.reason}")
    return report
