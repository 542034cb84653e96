"""``flwr-server run``, which ``flwr-server`` alone does too: run the study to its end."""

import time
from pathlib import Path

import typer

from glsmed.server.commands.passphrase_option import PassphraseOption
from glsmed.server.commands.study_option import StudyOption, chosen_study


def run_study_command(
    context: typer.Context,
    study: StudyOption = None,
    ca_passphrase_file: PassphraseOption = None,
) -> None:
    """Run the study until its last round; the same as `flwr-server --study study.yaml`."""
    run_study_file(chosen_study(context, study), ca_passphrase_file)


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
