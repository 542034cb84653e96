"""``flwr-server report`` and ``case``: the pages of a study, written from its record."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study
from glsmed.shared.case.words import Language


def report_command(context: typer.Context, study: StudyOption = None) -> None:
    """Write report, model card and data sheet into the run folder, from the record alone; at any time.

    A study writes them itself when it ends. Beside a running study they hold what is known so far.

    **Example**: `flwr-server --study my-study/study.yaml report`
    """
    from glsmed.server.folders.study_folder import StudyFolder  # heavy: --help need not wait for it
    from glsmed.server.reporting.written_pages import write_pages

    for path in write_pages(StudyFolder(chosen_study(context, study))):
        typer.echo(str(path))


def case_command(
    context: typer.Context,
    study: StudyOption = None,
    prices: Annotated[
        Path | None, typer.Option(help="Volumes and prices.", show_default="prices.yaml beside study.yaml")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Also write the whole case as a page to print.")] = None,
    language: Annotated[Language, typer.Option(help="Language of the page.")] = "en",
    init: Annotated[bool, typer.Option("--init", help="Write a commented prices.yaml to fill in, and end.")] = False,
) -> None:
    """Make the consortium's case for management, once the study has ended: all hospitals that let enough go.

    It needs `false_alert_rate` and `counts` in their `egress.metrics`. A hospital's own case is more exact.

    **Examples**

    - `flwr-server --study my-study/study.yaml case --init` writes prices.yaml; every number in it is made up

    - `flwr-server --study my-study/study.yaml case --html case.html` writes the page
    """
    from glsmed.server.case.consortium import consortium_case
    from glsmed.server.folders.study_folder import StudyFolder
    from glsmed.server.reporting.study_record import read_study_record
    from glsmed.shared.case.case_command import CaseFiles, begin_prices, make_case

    study_file = chosen_study(context, study)
    path = prices or study_file.parent / "prices.yaml"
    if init:
        begin_prices(path, tell=typer.echo)
        return
    record = read_study_record(StudyFolder(study_file))
    files = CaseFiles(path, html, kept=[study_file])
    make_case(files, lambda paid, say: consortium_case(record, paid, say), language=language, tell=typer.echo)
