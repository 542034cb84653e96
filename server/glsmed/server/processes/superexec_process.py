"""The program of the executor child process: ``python -m glsmed.server.processes.superexec_process FLAGS``."""

import sys

from glsmed.server.flower.executor import run_superexec
from glsmed.shared.processes.children import end_with_parent
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.processes.logs import configure_process_logging


def main() -> None:
    """Run Flower's executor with the given flags until ``flwr-server`` is gone; its ServerApp ends with it.

    Flower's own check asks only whether the parent's process id exists, and an unreaped zombie passes that check.
    """
    end_with_parent()
    configure_process_logging()
    run_superexec(sys.argv[1:])


if __name__ == "__main__":
    run_command(main)
