"""``flwr-server stop``, ``pause``, ``resume`` and ``extend``: steer a study that runs, or lengthen one that is done."""

from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study

if TYPE_CHECKING:
    from glsmed.server.folders.wish import Wish


def stop_command(context: typer.Context, study: StudyOption = None) -> None:
    """Finish the round in progress, measure, choose the best round and report; needs no approval of the hospitals.

    **Example**: `flwr-server --study my-study/study.yaml stop`
    """
    _wish(context, study, "stop")
    typer.echo("the study ends after the round in progress; a study that does not run ends when it is started")


def pause_command(context: typer.Context, study: StudyOption = None) -> None:
    """Wait after the round in progress, until `resume` or `stop`."""
    _wish(context, study, "pause")
    typer.echo("the study waits after the round in progress; flwr-server resume goes on")


def resume_command(context: typer.Context, study: StudyOption = None) -> None:
    """Go on after `pause`, or take back a `stop` that has not happened yet."""
    _wish(context, study, "resume")
    typer.echo("the study goes on")


def extend_command(
    context: typer.Context,
    rounds: Annotated[int, typer.Argument(help="Rounds to add.", min=1)],
    study: StudyOption = None,
) -> None:
    """Add rounds to a study: write `training.rounds` in study.yaml; every hospital must approve the file again.

    **Example**: `flwr-server --study my-study/study.yaml extend 10`
    """
    from glsmed.server.folders.study_edit import set_rounds  # heavy: --help need not wait for it
    from glsmed.server.folders.study_folder import StudyFolder

    folder = StudyFolder(chosen_study(context, study))
    before = folder.study()
    changed = set_rounds(folder.study_file, before.training.rounds + rounds)
    typer.echo(f"{folder.study_file}: training.rounds is {changed.training.rounds}, it was {before.training.rounds}")
    typer.echo(f"the study's digest is {changed.digest()[:12]}…, it was {before.digest()[:12]}…; next:")
    typer.echo("  1. send study.yaml to every hospital; each replaces its copy and starts glsmed-client again")
    typer.echo("     (its key stays admitted; its query budget begins anew with the new digest)")
    typer.echo(f"  2. flwr-server --study {folder.study_file}   goes on after the last round")


def _wish(context: typer.Context, study: StudyOption, wish: "Wish") -> None:
    from glsmed.server.folders.study_folder import StudyFolder  # heavy: --help need not wait for it
    from glsmed.server.folders.wish import make_wish

    folder = StudyFolder(chosen_study(context, study))
    folder.study()  # a wrong path is told here
    make_wish(folder.run, wish)
