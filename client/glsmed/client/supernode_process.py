"""The program of the SuperNode child process: ``python -m glsmed.client.supernode_process FLAGS``."""

import sys

from glsmed.client.flower_node import run_supernode
from glsmed.shared.command_line import run_command
from glsmed.shared.processes import end_with_parent


def main() -> None:
    """Run Flower's SuperNode with the given flags until ``glsmed-client`` has gone."""
    end_with_parent()
    run_supernode(sys.argv[1:])


if __name__ == "__main__":
    run_command(main)
