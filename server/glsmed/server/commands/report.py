"""``flwr-server report``: the pages of a study, written from its record."""

from typing import Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study
from glsmed.shared.web.words import Language


def report_command(
    context: typer.Context,
    study: StudyOption = None,
    language: Annotated[Language, typer.Option(help="Of the report; card and sheet are in English.")] = "en",
) -> None:
    """Write report, model card and data sheet into the run folder, from the record alone; at any time.

    A study writes them itself when it ends. Beside a running study they hold what is known so far.

    **Example**: `flwr-server --study my-study/study.yaml report`
    """
    from glsmed.server.folders.study_folder import StudyFolder  # heavy: --help need not wait for it
    from glsmed.server.reporting.written_pages import write_pages

    for path in write_pages(StudyFolder(chosen_study(context, study)), language=language):
        typer.echo(str(path))
