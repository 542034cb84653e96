"""The program of the SuperNode child process: ``python -m glsmed.client.node.supernode_process BYTES FLAGS``."""

import sys

from glsmed.client.node.flower_node import run_supernode
from glsmed.shared.processes.children import end_with_parent
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.processes.logs import configure_process_logging


def main() -> None:
    """Run Flower's SuperNode until ``glsmed-client`` has gone; no message may be larger than BYTES."""
    end_with_parent()
    configure_process_logging()
    run_supernode(sys.argv[2:], most_message_bytes=int(sys.argv[1]))


if __name__ == "__main__":
    run_command(main)
