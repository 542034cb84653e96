"""Flower's SuperNode in a process of its own, with shorter waits and a bound on every message.

It talks to the centre (outbound TLS only) and keeps received messages in memory. In process isolation it starts
nothing by itself: the resident process takes its tasks over the loopback interface.
"""

import itertools
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, pull_objects
from flwr.supercore.run import RunNotRunningException

from glsmed.client.node.bell import Bell
from glsmed.client.node.centre_context import centre_context
from glsmed.client.node.flower.centre_client import fleet_client_through
from glsmed.client.node.flower.in_step import InStep
from glsmed.client.node.flower.part_routes import with_part_routes
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.proxy import Proxy
from glsmed.shared.processes.memory import keep_out_of_collections
from glsmed.shared.wire.message_size import Allowance

_CENTRE_POLL_SECONDS = 0.1  # upstream asks every 3 s; the centre holds a request until there is a message, or 10 s
FIRST_RETRY_SECONDS = 0.05  # for a part of a message that has not arrived yet; doubles with every try
_HEARTBEAT_SECONDS = 20  # upstream's 30; the centre takes a site for lost after two of them without a sign of life
_LOCAL_POLL_SECONDS = 0.05  # upstream looks every half second into its own memory


def supernode_arguments(settings: NodeSettings) -> list[str]:
    """The command line of ``flower-supernode`` for a site."""
    return [
        *("--superlink", settings.centre),
        *("--root-certificates", str(settings.ca_certificate)),
        *("--auth-supernode-private-key", str(settings.private_key)),
        *("--isolation", "process"),
        *("--superexec-auth-secret-file", str(settings.superexec_secret)),
        *("--host", "127.0.0.1", "--port", str(settings.runtime_port)),
        *("--node-config", f'site="{settings.site}"'),
    ]


def run_supernode(arguments: list[str], *, most_message_bytes: int, bell: Bell, proxy: Proxy | None = None) -> None:
    """Run Flower's SuperNode in this process.

    It looks for work more often than upstream's three seconds, stops reading a message that is too large, and rings
    the bell when a message has come.
    """
    # imported here: the site's other processes use this module too and need no SuperNode
    from flwr.supercore import heartbeat
    from flwr.supernode import fleet_http_connection, main, start_client_internal
    from flwr.supernode.cli.flower_supernode import flower_supernode

    def shorter_sleep(seconds: float) -> None:
        time.sleep(_CENTRE_POLL_SECONDS if seconds > 1 else _LOCAL_POLL_SECONDS)

    def pull_or_clean_up(object_ids: list[str], pull_object_fn: Callable[[str], bytes]) -> dict[str, bytes]:
        """Drop a message whose run ended meanwhile: upstream waits for its answer before it serves another."""
        allowance = Allowance(most_message_bytes)

        def pull(object_id: str) -> bytes:
            return allowance.take(pull_object_fn(object_id))

        try:
            return pull_objects(object_ids, pull, initial_backoff=FIRST_RETRY_SECONDS)
        except RunNotRunningException:
            raise ObjectPullError("of a message", "its run ended while it was coming") from None
        finally:
            bell.ring()

    start_client_internal.get_fused_config_from_fab = _no_configuration  # type: ignore[assignment,attr-defined]  # imported there by name
    step = InStep(start_client_internal._pull_and_store_message, start_client_internal._push_messages)
    start_client_internal._pull_and_store_message = step.pull  # type: ignore[assignment]
    start_client_internal._push_messages = step.push  # type: ignore[assignment]
    start_client_internal.pull_objects = pull_or_clean_up  # type: ignore[assignment,attr-defined]  # no other use of it
    for module in (heartbeat, fleet_http_connection):
        module.HEARTBEAT_DEFAULT_INTERVAL = _HEARTBEAT_SECONDS  # type: ignore[attr-defined]  # imported there by name
    create_app = main.create_app
    main.create_app = lambda *args, **named: with_part_routes(create_app(*args, **named))  # type: ignore[assignment]  # uvicorn takes any
    client = fleet_client_through(proxy, lambda: _greeting(arguments))
    fleet_http_connection.FleetHttpClient = client  # type: ignore[attr-defined]  # imported there by name
    start_client_internal.time = SimpleNamespace(sleep=shorter_sleep)  # type: ignore[assignment,attr-defined]  # the module uses time.sleep alone
    sys.argv = ["flower-supernode", *arguments]
    keep_out_of_collections()
    flower_supernode()


def _greeting(arguments: list[str]) -> ssl.SSLContext:
    """How the centre is greeted, with the files that :func:`supernode_arguments` has named."""
    named = dict(itertools.pairwise(arguments))
    return centre_context(Path(named["--root-certificates"]), Path(named["--auth-supernode-private-key"]))


def _no_configuration(_bundle: bytes, _run: object) -> dict[str, object]:
    """The configuration of a run: none, since a bundle is never opened; the resident process compares its hash."""
    return {}
