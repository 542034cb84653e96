"""The program of the executor child process: ``python -m glsmed.server.processes.superexec_process FLAGS``."""

import sys

from glsmed.server.flower.executor import run_superexec
from glsmed.shared.processes.children import end_with_parent
from glsmed.shared.processes.command_line import run_command


def main() -> None:
    """Run Flower's executor with the given flags until ``flwr-server`` has gone; its ServerApp ends with it.

    Flower's own watch asks whether a process of that number exists, which one that nobody has collected still does.
    """
    end_with_parent()
    run_superexec(sys.argv[1:])


if __name__ == "__main__":
    run_command(main)
