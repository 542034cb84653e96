"""``glsmed-client label``: gold labels by click and key."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from glsmed.shared.web.page_options import LanguageOption, PortOption

if TYPE_CHECKING:
    from glsmed.client.data.site_inputs import SiteInputs
    from glsmed.client.labelling.session import Labelling


def label(
    context: typer.Context,
    reader: Annotated[
        str | None, typer.Option(help="Who answers; kept with each answer.", show_default="the user's name")
    ] = None,
    report: Annotated[
        Literal["shown", "hidden"], typer.Option(help="Whether the report is shown; kept with each answer.")
    ] = "hidden",
    port: PortOption = 0,
    language: LanguageOption = "en",
    take: Annotated[
        Path | None, typer.Option("--import", help="Take the answers of a Label Studio export (JSON) instead.")
    ] = None,
    give: Annotated[
        Path | None, typer.Option("--export", help="Write all answers as Label Studio tasks to this file instead.")
    ] = None,
) -> None:
    """Label examinations in the browser; which comes next is chosen for what its labels are worth.

    Every key is saved at once. Several readers may work at the same time, each with a command of their own. At the end,
    and by a button, the gold file is made from what readers agree on. Nothing of it leaves the site.

    **Examples**

    - `glsmed-client --site config.yaml label --reader tanaka`
    - `glsmed-client --site config.yaml label --reader silva --report shown --port 8700`
    - `glsmed-client --site config.yaml label --import project-1.json`
    """
    labelling = _opened(context.obj, reader or _user(), report)
    if take is not None or give is not None:
        _exchange(labelling, take, give)
        return
    _serve(context.obj, labelling, port, language)


def _opened(config_file: Path, reader: str, report: Literal["shown", "hidden"]) -> "Labelling":
    from glsmed.client.labelling.session import open_labelling

    inputs = _inputs(config_file)
    return open_labelling(inputs, reader=reader, report=report, beside=config_file.resolve().parent)


def _inputs(config_file: Path) -> "SiteInputs":
    from glsmed.client.data.site_inputs import read_site_inputs
    from glsmed.client.settings.config import load_site
    from glsmed.shared.protocol.study import load_study

    config = load_site(config_file)
    return read_site_inputs(config, load_study(config.study))


def _user() -> str:
    import getpass

    return getpass.getuser()


def _serve(config_file: Path, labelling: "Labelling", port: int, language: Literal["en", "ja"]) -> None:
    from glsmed.client.labelling.pages.labelling_site import labelling_site
    from glsmed.client.settings.config import load_site
    from glsmed.shared.web.serving import serve

    config = load_site(config_file)
    labelling.queue.waiting(labelling.reader)
    site = labelling_site(labelling, site=config.site, language=language)
    serve(site, port=port, tell=lambda address: typer.echo(f"open {address} (Ctrl-C ends)"))
    _tell_written(labelling)
    if config.data.gold is None and labelling.gold_path.is_file():
        typer.echo(f"name {labelling.gold_path} as data.gold in {config_file}, so that it is used")


def _exchange(labelling: "Labelling", take: Path | None, give: Path | None) -> None:
    from glsmed.client.labelling.label_studio import read_tasks, write_tasks

    if take is not None:
        answers = read_tasks(take, examinations=labelling.reports, findings=labelling.findings)
        labelling.store.add(answers)
        typer.echo(f"took {len(answers)} answers of {len({one.reader for one in answers})} reader(s) from {take}")
        _tell_written(labelling)
    if give is not None:
        first = {name: entries[0].image for name, entries in labelling.images.items()}
        count = write_tasks(give, labelling.store.answers(), first, labelling.findings)
        typer.echo(f"wrote {count} tasks to {give}, and the labelling interface to {give.with_suffix('.xml')}")


def _tell_written(labelling: "Labelling") -> None:
    if not labelling.store.answers():
        return
    written = labelling.write_gold()
    typer.echo(f"wrote {len(written.gold)} labels to {labelling.gold_path}; {written.kept} rows from elsewhere stay")
    for study_id, finding in written.differing:
        typer.echo(
            f"warning: {finding} of {study_id}: the answer differs from a row from elsewhere, which stays", err=True
        )
