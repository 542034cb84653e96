"""``python -m glsmed.client.resident CONFIG PORT``: the program of the resident process."""

from glsmed.client.resident.process import main
from glsmed.shared.processes.command_line import run_command

if __name__ == "__main__":
    run_command(main)
