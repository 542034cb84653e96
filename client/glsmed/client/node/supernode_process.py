"""The program of the SuperNode child process: ``python -m glsmed.client.node.supernode_process BYTES BELL FLAGS``."""

import os
import sys
import threading
from pathlib import Path

from glsmed.client.node.bell import Bell
from glsmed.client.node.flower.supernode import run_supernode
from glsmed.client.node.proxy import Proxy
from glsmed.shared.errors import GlsmedError
from glsmed.shared.processes.children import end_with_parent
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.processes.logs import configure_process_logging, log_exception

LOST_CONNECTION = 75  # exit code: the connection ended, not the program (EX_TEMPFAIL of sysexits.h)
PROXY_VARIABLE = "GLSMED_CENTRE_PROXY"  # not a flag: a proxy's password would stand in the list of processes
_ENDS_OF_FLOWER = (0, 1)


def main() -> None:
    """Run Flower's SuperNode until its connection or ``glsmed-client`` has gone.

    No message is larger than BYTES; the file BELL is touched when one has come.
    """
    end_with_parent()
    configure_process_logging()
    threading.excepthook = _end_with_a_thread
    proxy = os.environ.pop(PROXY_VARIABLE, "")
    try:
        most_bytes, bell, *flags = sys.argv[1:]
        run_supernode(
            flags,
            most_message_bytes=int(most_bytes),
            bell=Bell(Path(bell)),
            proxy=Proxy(proxy) if proxy else None,
        )
    except SystemExit as end:  # Flower ends itself where it cannot connect, and on HTTP 401
        _end_at_once(LOST_CONNECTION if end.code in _ENDS_OF_FLOWER else GlsmedError.exit_code)
    except Exception:
        log_exception(sys.stderr, "supernode_failed")
        _end_at_once(GlsmedError.exit_code)
    _end_at_once(LOST_CONNECTION)


def _end_with_a_thread(failed: threading.ExceptHookArgs) -> None:
    """Without its heartbeats, say, a SuperNode would look alive here and be lost to the centre: it is started again."""
    if not issubclass(failed.exc_type, SystemExit):
        log_exception(sys.stderr, "supernode_thread_failed")
        _end_at_once(LOST_CONNECTION)


def _end_at_once(exit_code: int) -> None:
    """End though Flower's thread that serves the resident still runs; it would keep the process for ever."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


if __name__ == "__main__":
    run_command(main)
