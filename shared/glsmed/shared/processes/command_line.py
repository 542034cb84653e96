"""The frame of every glsmed command: errors without a traceback, a clean Ctrl-C, and exit codes."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from glsmed.shared.errors import GlsmedError, printable
from glsmed.shared.processes.loopback import keep_loopback_direct

Tell = Callable[[str], None]  # takes one line for people, without its line break

INTERRUPTED = 130
TERMINATED = 143


def run_command(command: Callable[[], object], *, words: Callable[[GlsmedError], str] = str) -> None:
    """Run a command's entry point; an error of glsmed ends it with one message on stderr.

    Args:
        command: the entry point.
        words: what the message says of an error; all of it, unless stderr is a log.

    Raises:
        SystemExit: the command failed (1), was used or configured wrongly (2), was interrupted (130), or was ended by
            SIGTERM (143).
    """
    signal.signal(signal.SIGTERM, _terminate)
    keep_loopback_direct()
    try:
        command()
    except GlsmedError as error:
        lines = [printable(line) for line in words(error).split("\n")]  # a file's own words may be among them
        _say("\n".join(["error: " + lines[0], *lines[1:]]), level="error")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        _say("interrupted", level="info")
        raise SystemExit(INTERRUPTED) from None
    except SystemExit as end:
        if end.code == INTERRUPTED:  # typer turns Ctrl-C into an exit without a word
            _say("interrupted", level="info")
        raise
    except BrokenPipeError:
        raise SystemExit(0) from None
    except OSError as error:  # for instance a full disk: the system's own words say enough
        place = "" if error.filename is None else f"{error.filename}: "
        _say("error: " + printable(f"{place}{error.strerror or error}"), level="error")
        raise SystemExit(GlsmedError.exit_code) from None


def _say(line: str, *, level: str) -> None:
    from glsmed.shared.processes.logs import json_is_wanted, json_line  # heavy: most commands end without a word

    try:
        as_json = json_is_wanted()
    except GlsmedError:
        as_json = False  # this may be the very error that is told
    sys.stderr.write((json_line(line, level=level, process=Path(sys.argv[0]).name) if as_json else line) + "\n")


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """End as on Ctrl-C, so that whatever the command has started is stopped."""
    raise SystemExit(TERMINATED)
