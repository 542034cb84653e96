"""``flwr-server report``, ``page`` and ``case``: a study in pages, written to files or shown in a browser."""

from pathlib import Path
from typing import Annotated

import typer

from glsmed.server.commands.study_option import StudyOption, chosen_study
from glsmed.shared.case.case_options import CaseHtmlOption, CaseInitOption
from glsmed.shared.pages.spoken import Language
from glsmed.shared.web.page_options import LanguageOption, PortOption


def report_command(
    context: typer.Context,
    study: StudyOption = None,
    language: Annotated[Language, typer.Option(help="Of the pages.")] = "en",
) -> None:
    """Write report, model card and data sheet into the run folder, from the record alone; at any time.

    A study writes them itself when it ends. Beside a running study they hold what is known so far.

    **Example**: `flwr-server --study my-study/study.yaml report`
    """
    from glsmed.server.folders.study_folder import StudyFolder  # heavy: --help need not wait for it
    from glsmed.server.reporting.written_pages import write_pages

    for path in write_pages(StudyFolder(chosen_study(context, study)), language=language):
        typer.echo(str(path))


def page_command(
    context: typer.Context, study: StudyOption = None, port: PortOption = 0, language: LanguageOption = "en"
) -> None:
    """Show how the study stands in a browser of this machine, until Ctrl-C. It only reads, beside a running study too.

    It prints the address to open; the address works for one browser, then the next one is printed.

    **Examples**

    - `flwr-server --study my-study/study.yaml page` for a study that runs, has ended, or has not begun
    - `flwr-server --study my-study/study.yaml --page` runs the study and shows the page beside it
    """
    from glsmed.server.folders.study_folder import StudyFolder  # heavy: --help need not wait for it
    from glsmed.server.page.centre_page import centre_page
    from glsmed.shared.processes.children import end_with_starter
    from glsmed.shared.processes.logs import line_writer
    from glsmed.shared.web.serving import serve

    end_with_starter()
    tell = line_writer(typer.echo, process="flwr-server")
    site = centre_page(StudyFolder(chosen_study(context, study)), language=language)
    serve(site, port=port, tell=lambda address: tell(f"page: {address}"))


def case_command(
    context: typer.Context,
    study: StudyOption = None,
    prices: Annotated[
        Path | None, typer.Option(help="Volumes and prices.", show_default="prices.yaml beside study.yaml")
    ] = None,
    html: CaseHtmlOption = None,
    language: LanguageOption = "en",
    init: CaseInitOption = False,
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
    make_case(files, lambda paid: consortium_case(record, paid), language=language, tell=typer.echo)
