"""``glsmed-adapter lint``: what is wrong with an adapter, by file and line."""

from pathlib import Path

import typer

from glsmed.site_adapters.lint.run import has_errors, lint


def lint_command(adapter: str, *, against: Path | None) -> None:
    """Print every problem; exit code 1 if one of them is an error."""
    problems = lint(adapter, against=against)
    for problem in problems:
        typer.echo(str(problem))
    errors = sum(problem.severity == "error" for problem in problems)
    typer.echo(f"{adapter}: {errors} error(s), {len(problems) - errors} warning(s)", err=True)
    if has_errors(problems):
        raise SystemExit(1)
