"""``glsmed-adapter findings``: the findings that reports can be read for."""

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glsmed.site_adapters.adapter.finding_list import KnownFinding


def findings_command(
    adapter: Annotated[
        str | None,
        typer.Argument(help="A built-in vocabulary or an adapter file.", show_default="all built-in vocabularies"),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """The findings that a study can name: how many terms each has, the languages that know it, its first terms.

    **Example**: `glsmed-adapter findings st-mary.yaml`
    """
    from glsmed.site_adapters.adapter.finding_list import known_findings

    found = known_findings(adapter)
    if as_json:
        rows = [dataclasses.asdict(finding) for finding in found]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        typer.echo(_table(found))


def _table(found: "list[KnownFinding]") -> str:
    width = max(len(finding.name) for finding in found)
    lines = [f"{'finding':<{width}}  terms  languages    first terms"]
    for finding in found:
        languages = " ".join(finding.languages) or "none"
        terms = ", ".join(finding.first_terms) + (", …" if finding.terms > len(finding.first_terms) else "")
        lines.append(f"{finding.name:<{width}}  {finding.terms:>5}  {languages:<11}  {terms}")
    return "\n".join(lines)
