"""What every glsmed command does around its work: errors without a traceback, clean Ctrl-C, exit codes 0, 1, 2."""

import sys
from collections.abc import Callable

from glsmed.shared.errors import GlsmedError

INTERRUPTED = 130


def run_command(command: Callable[[], object]) -> None:
    """Run a command's entry point; a glsmed error becomes one message on stderr and its exit code.

    Raises:
        SystemExit: when the command failed (1), was used or configured wrongly (2), or was interrupted (130).
    """
    try:
        command()
    except GlsmedError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except OSError as error:  # a full disk, a folder that may not be written: the system says what, not a traceback
        place = "" if error.filename is None else f"{error.filename}: "
        sys.stderr.write(f"error: {place}{error.strerror or error}\n")
        raise SystemExit(GlsmedError.exit_code) from None
