"""``flwr-server run``, which ``flwr-server`` alone does too: run the study to its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from glsmed.server.commands.passphrase_option import PassphraseOption, chosen_passphrase_file
from glsmed.server.commands.study_option import StudyOption, chosen_study
from glsmed.shared.pages.spoken import Language
from glsmed.shared.web.page_options import LanguageOption

PageOption = Annotated[bool, typer.Option("--page", help="Show how the study stands in a browser of this machine.")]
PagePortOption = Annotated[int, typer.Option(min=0, max=65535, help="Of the page, on 127.0.0.1; 0 takes a free one.")]


def run_study_command(
    context: typer.Context,
    study: StudyOption = None,
    ca_passphrase_file: PassphraseOption = None,
    page: PageOption = False,
    page_port: PagePortOption = 0,
    page_language: LanguageOption = "en",
) -> None:
    """Run the study until its last round; the same as `flwr-server --study study.yaml`."""
    file, passphrase = chosen_study(context, study), chosen_passphrase_file(context, ca_passphrase_file)
    with _page_beside(file, port=page_port, language=page_language) if page else nullcontext():
        run_study_file(file, passphrase)


def run_study_file(study_file: Path, ca_passphrase_file: Path | None = None) -> None:
    """Run the study, and print each event with the seconds since the start."""
    from glsmed.server.folders.authority.passphrase import passphrase_in
    from glsmed.server.processes.supervisor import StudySupervisor  # heavy: --help need not wait for it
    from glsmed.shared.processes.children import end_with_starter
    from glsmed.shared.processes.logs import json_is_wanted, json_lines

    started = time.monotonic()

    def for_people(line: str) -> None:
        typer.echo(f"[{time.monotonic() - started:7.1f} s] {line}")

    tell = json_lines(typer.echo, process="flwr-server") if json_is_wanted() else for_people
    end_with_starter()
    passphrase = None if ca_passphrase_file is None else passphrase_in(ca_passphrase_file)
    supervisor = StudySupervisor(study_file, tell=tell, ca_passphrase=passphrase)
    supervisor.run()
    tell(f"done: results are in {supervisor.run_folder}")


@contextmanager
def _page_beside(study_file: Path, *, port: int, language: Language) -> Iterator[None]:
    """Show the page in a program of its own while the block runs; it writes its address where this program writes."""
    from glsmed.shared.processes.children import beside, installed_program

    chosen = ["--study", str(study_file), "page", "--port", str(port), "--language", language]
    with beside("page", [installed_program("flwr-server"), *chosen]):
        yield
