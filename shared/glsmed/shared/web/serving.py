"""Serving a local site on the loopback interface."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from glsmed.shared.errors import UsageError
from glsmed.shared.web.local_site import LocalSite

_LOOPBACK = "127.0.0.1"
_STEP_S = 0.01


def serve(site: LocalSite, *, port: int, tell: Callable[[str], None]) -> None:
    """Serve a site until Ctrl-C.

    Args:
        site: what is served.
        port: of 127.0.0.1; 0 takes a free one.
        tell: is given the address to open, with its token, and the next one whenever one was used.

    Raises:
        UsageError: another program listens there.
    """
    with _listening(port) as listener:
        _server(site, listener, tell).run(sockets=[listener])


@contextmanager
def serving(site: LocalSite, *, port: int, tell: Callable[[str], None]) -> Iterator[int]:
    """Serve a site in a thread while the block runs; gives the port. Arguments and errors as of :func:`serve`."""
    with _listening(port) as listener:
        server = _server(site, listener, tell)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="local site", daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(_STEP_S)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_LOOPBACK, port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"cannot serve pages on {_LOOPBACK}:{port}: {error}: choose another --port") from None
        yield listener


def _server(site: LocalSite, listener: socket.socket, tell: Callable[[str], None]) -> uvicorn.Server:
    app = site.app(port=listener.getsockname()[1], tell=tell)
    settings = uvicorn.Config(
        app,
        access_log=False,  # addresses hold tokens and search words
        log_config=None,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(settings)
