"""``glsmed-adapter lint``: what is wrong with an adapter, by file and line."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.site_adapters.commands.arguments import AdapterArgument


def lint_command(
    adapter: AdapterArgument,
    *,
    against: Annotated[Path | None, typer.Option(help="Its former release: was the version raised?")] = None,
) -> None:
    """Everything that is wrong with an adapter, as file:line: key: what — what to do; exit code 1 on an error.

    **Example**: `glsmed-adapter lint st-mary.yaml`
    """
    from glsmed.site_adapters.lint.run import has_errors, lint

    problems = lint(adapter, against=against)
    for problem in problems:
        typer.echo(str(problem))
    errors = sum(problem.severity == "error" for problem in problems)
    typer.echo(f"{adapter}: {errors} error(s), {len(problems) - errors} warning(s)", err=True)
    if has_errors(problems):
        raise SystemExit(1)
