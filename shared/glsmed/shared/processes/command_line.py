"""The frame of every glsmed command: errors without a traceback, a clean Ctrl-C, and exit codes."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

from glsmed.shared.errors import GlsmedError
from glsmed.shared.processes.loopback import keep_loopback_direct

Tell = Callable[[str], None]  # takes one line for people, without its line break

INTERRUPTED = 130
TERMINATED = 143


def run_command(command: Callable[[], object]) -> None:
    """Run a command's entry point; an error of glsmed ends it with one message on stderr.

    Raises:
        SystemExit: the command failed (1), was used or configured wrongly (2), was interrupted (130), or was ended by
            SIGTERM (143).
    """
    signal.signal(signal.SIGTERM, _terminate)
    keep_loopback_direct()
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
    except OSError as error:  # for instance a full disk: the system's own words say enough
        place = "" if error.filename is None else f"{error.filename}: "
        sys.stderr.write(f"error: {place}{error.strerror or error}\n")
        raise SystemExit(GlsmedError.exit_code) from None


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """End as on Ctrl-C, so that whatever the command has started is stopped."""
    raise SystemExit(TERMINATED)
