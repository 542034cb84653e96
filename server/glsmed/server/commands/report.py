"""``flwr-server report``: the pages of a study, written from its record."""

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study


def report_command(context: typer.Context, study: StudyOption = None) -> None:
    """Write report, model card and data sheet into the run folder, from the record alone; at any time.

    A study writes them itself when it ends. Beside a running study they hold what is known so far.

    **Example**: `flwr-server --study my-study/study.yaml report`
    """
    from glsmed.server.folders.study_folder import StudyFolder  # heavy: --help need not wait for it
    from glsmed.server.reporting.written_pages import write_pages

    for path in write_pages(StudyFolder(chosen_study(context, study))):
        typer.echo(str(path))
