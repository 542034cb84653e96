"""Many sites in one process, which answer at once: ``python -m …rounds_cost.light_sites.light_site FILE``.

Each has a key of its own and speaks the Fleet API with Flower's client, as a SuperNode does: it pulls every object of a
message, answers, and pushes every object of its answer. A SuperNode with its hospital takes hundreds of megabytes, so
32 of them would measure the machine's memory instead of the centre. Uses names that are private to Flower.
"""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from flwr.app import Message
from flwr.proto.message_pb2 import ObjectTree
from flwr.supercore.inflatable.inflatable_object import (
    get_all_nested_objects,
    get_object_tree,
    no_object_id_recompute,
)
from flwr.supercore.inflatable.inflatable_utils import pull_and_inflate_object_from_tree, push_objects
from flwr.supercore.run import RunNotRunningException
from flwr.supernode import fleet_http_connection
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.fleet_http_connection import http_request_response

from glsmed.benchmarks.rounds_cost.light_sites.light_answers import LightAnswers
from glsmed.client.node.centre_context import centre_context
from glsmed.client.settings.enrolment import read_authority, read_private_key
from glsmed.shared.processes.children import end_with_parent
from glsmed.shared.protocol.study import load_study
from glsmed.shared.signing.answer_signature import LogEnd, signed_answer
from glsmed.shared.signing.task_signature import CentreOfStudy

_POLL_SECONDS = 0.1  # as a hospital's SuperNode: the centre holds a request until there is a message
_FIRST_RETRY_SECONDS = 0.05
_AT_ONCE = 2  # sites that make their answers at the same time, each with some copies of the model
_NO_LOG = LogEnd(0, "")
_answering = threading.Semaphore(_AT_ONCE)
_greetings = threading.local()


@dataclass(frozen=True, slots=True)
class LightSite:
    """One site: its name, its key and where it reaches the centre."""

    site: str
    address: str
    key: Path
    ca_certificate: Path
    answers: LightAnswers

    def serve(self) -> None:
        """Answer whatever the centre asks, until the process is ended."""
        key = read_private_key(self.key)
        authority = read_authority(self.ca_certificate)
        _greetings.context = centre_context(self.ca_certificate, self.key)
        with http_request_response(self.address, False, authority, (key, key.public_key())) as calls:
            _, receive, send, _, _, pull, push, confirm = calls
            while True:
                with contextlib.suppress(RunNotRunningException):  # the run has ended, or has not begun again
                    received = receive()
                    if received is not None:
                        envelope, tree = received
                        run = envelope.metadata.run_id
                        message = _pull(tree, partial(pull, run), partial(confirm, run))
                        _push(self._reply(message, CentreOfStudy(authority), key), send, push)
                        continue
                time.sleep(_POLL_SECONDS)

    def _reply(self, message: Message, centre: CentreOfStudy, key: ec.EllipticCurvePrivateKey) -> Message:
        with _answering:
            task = centre.opened(message.content)
            message.content = task.content
            answer = self.answers.answer(message, site=self.site)
            return Message(signed_answer(answer, task.header, key, audit=_NO_LOG), reply_to=message)


def _pull(tree: ObjectTree, pull: Callable[[str], bytes], confirm: Callable[[str], None]) -> Message:
    """The whole message whose envelope was received."""
    message = pull_and_inflate_object_from_tree(
        tree, pull, confirm, return_type=Message, initial_backoff=_FIRST_RETRY_SECONDS
    )
    message.metadata.__dict__["_message_id"] = tree.object_id
    return message


def _push(
    reply: Message,
    send: Callable[[Message, ObjectTree, float], tuple[set[str], str]],
    push: Callable[[int, str, str, bytes], None],
) -> None:
    """Announce the reply, then send those of its objects that the centre lacks."""
    with no_object_id_recompute():
        reply.metadata.__dict__["_message_id"] = reply.object_id
        missing, session = send(reply, get_object_tree(reply), 0.0)
        objects, push_one = get_all_nested_objects(reply), partial(push, reply.metadata.run_id, session)
        push_objects(objects, push_one, object_ids_to_push=missing)


class _GreetingClient(FleetHttpClient):
    """Flower's client, which shows the certificate of the site whose thread makes it."""

    def __init__(self, base_url: str, **named: Any) -> None:  # upstream's own arguments
        super().__init__(base_url, **{**named, "verify": _greetings.context})


def serve_all(sites: list[LightSite]) -> None:
    """Serve every site in a thread of its own; the first error ends them all."""
    fleet_http_connection.FleetHttpClient = _GreetingClient  # type: ignore[attr-defined]  # imported there by name
    with ThreadPoolExecutor(max_workers=len(sites)) as pool:
        for served in as_completed([pool.submit(site.serve) for site in sites]):
            served.result()


def sites_of(content: Mapping[str, object]) -> list[LightSite]:
    """The sites that the file describes."""
    described, authority = content["sites"], Path(str(content["ca_certificate"]))
    if not isinstance(described, list):
        raise TypeError(f"expected a list of sites, got {described!r}")
    answers = LightAnswers(load_study(Path(str(content["study"]))), Path(str(content["first_model"])))
    return [LightSite(each["site"], each["address"], Path(each["key"]), authority, answers) for each in described]


def main() -> None:
    """Serve the sites of the file given first."""
    end_with_parent()
    serve_all(sites_of(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
