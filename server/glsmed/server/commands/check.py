"""``flwr-server check``: could the study start?"""

from typing import TYPE_CHECKING

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study

if TYPE_CHECKING:
    from glsmed.server.readiness.report import CheckReport

CANNOT_START = 2


def check_command(context: typer.Context, study: StudyOption = None) -> None:
    """Check study.yaml, certificates, ports, disk and admitted sites; exit code 2 if the study could not start.

    **Example**: `flwr-server --study my-study/study.yaml check`
    """
    from glsmed.server.readiness.check import run_check  # heavy: --help need not wait for it

    report = run_check(chosen_study(context, study))
    typer.echo(_render(report))
    if report.faults:
        raise SystemExit(CANNOT_START)


def _render(report: "CheckReport") -> str:
    verdict = (
        f"{len(report.faults)} fault(s): the study cannot start" if report.faults else "ready: the study can start"
    )
    warnings = [f"warning: {warning}" for warning in report.warnings]
    return "\n".join([*report.lines, *warnings, *(f"fault: {fault}" for fault in report.faults), verdict])
