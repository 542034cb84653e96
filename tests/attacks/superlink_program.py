"""The program of a SuperLink as ``flwr-server`` starts it, with the named defences off: what an attack has to overcome.

``python -m tests.attacks.superlink_program STUDY_FILE [DEFENCE …]``
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import uvicorn

from glsmed.server.flower import listeners
from glsmed.server.flower.doors.client_certificates import plain_context
from glsmed.server.processes import superlink_process
from glsmed.shared.wire.message_size import MOST_PART_BYTES


class _PlainServer(uvicorn.Server):
    """uvicorn's own listener."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _plain_listener(app: Any, address: Any, *, tls: Any, lifespan: Any) -> Any:
    config = uvicorn.Config(app, host=address[0], port=address[1], lifespan=lifespan, log_config=None, ws="none")
    config.load()
    config.ssl = tls
    return _PlainServer(config)


def _without_certificates() -> None:
    setattr(listeners, "asking_context", plain_context)  # noqa: B010  # imported there by name
    setattr(listeners, "OwnCertificateOnly", lambda app: app)  # noqa: B010  # a class for mypy


def _without_keys() -> None:
    setattr(listeners, "KnownSitesOnly", lambda app, _state: app)  # noqa: B010  # a class for mypy
    setattr(listeners, "_most_bytes", lambda _path: MOST_PART_BYTES)  # noqa: B010


def _without_limits() -> None:
    listeners._listener = _plain_listener


def _without_token() -> None:
    setattr(listeners, "OwnProcessesOnly", lambda app, _token: app)  # noqa: B010


def _without_own_answers() -> None:
    setattr(listeners, "OwnAnswersOnly", lambda app: app)  # noqa: B010


DEFENCES: Mapping[str, Callable[[], None]] = {
    "certificates": _without_certificates,
    "keys": _without_keys,
    "limits": _without_limits,
    "token": _without_token,
    "answers": _without_own_answers,
}


def main() -> None:
    """Serve until SIGTERM."""
    _, study_file, *off = sys.argv
    for name in off:
        DEFENCES[name]()
    sys.argv[1:] = [study_file]
    superlink_process.main()


if __name__ == "__main__":
    main()
