"""``glsmed-client purge``: delete what the site holds for a study."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.client.after_study.purge import Held

_FAILED = 1


def purge(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete what this site holds for the study: label table, caches, models, logs. It first says what goes and stays.

    The audit log and the accounts of privacy and requests stay: later studies must count what was given away.

    **Examples**

    - `glsmed-client --site config.yaml purge` shows what would go, and asks
    - `glsmed-client --site config.yaml purge --yes` for scripts
    """
    from glsmed.client.after_study.purge import plan_purge
    from glsmed.client.after_study.purge import purge as delete
    from glsmed.client.settings.config import load_site
    from glsmed.shared.quantities import bytes_in_words

    config = load_site(context.obj)
    plan = plan_purge(config)
    if not plan.goes:
        typer.echo(f"nothing is held for the study {plan.study}")
        return
    typer.echo(f"to be deleted for the study {plan.study} ({bytes_in_words(plan.bytes)}):\n{_lines(plan.goes)}")
    typer.echo(f"what stays:\n{_lines(plan.stays)}")
    if not yes and not typer.confirm("Delete it? This cannot be undone"):
        typer.echo("nothing was deleted")
        raise SystemExit(_FAILED)
    delete(config, plan)
    typer.echo(f"deleted; `glsmed-client audit verify` shows the entry in {config.state.audit_log}")


def _lines(held: "Iterable[Held]") -> str:
    return "\n".join(f"  {one.path}: {one.what}" for one in held)
