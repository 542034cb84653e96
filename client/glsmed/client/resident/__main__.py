"""``python -m glsmed.client.resident CONFIG PORT``: the program of the resident process."""

from glsmed.client.resident.process import main
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.processes.error_words import last_words

if __name__ == "__main__":
    run_command(main, words=last_words)
