"""What every glsmed command does around its work: errors without a traceback, clean Ctrl-C, exit codes 0, 1, 2."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

from glsmed.shared.errors import GlsmedError

Tell = Callable[[str], None]  # takes one line for people, without its line break

INTERRUPTED = 130
TERMINATED = 143


def run_command(command: Callable[[], object]) -> None:
    """Run a command's entry point; a glsmed error becomes one message on stderr and its exit code.

    Raises:
        SystemExit: when the command failed (1), was used or configured wrongly (2), was interrupted (130), or was told
            to end by whatever supervises it (143).
    """
    signal.signal(signal.SIGTERM, _terminate)
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


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does: whatever a command has started is stopped on the way out."""
    raise SystemExit(TERMINATED)
