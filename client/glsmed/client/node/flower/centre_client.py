"""The site's connection to the centre: Flower's client, by the hospital's proxy, with a bound on every response."""

import contextlib
import ssl
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from flwr.proto.fleet_pb2 import ActivateNodeRequest, DeactivateNodeRequest
from flwr.supercore.error import ApiErrorCode, FlowerError
from flwr.supercore.interceptors import (
    RuntimeVersionHttpInterceptor,
)
from flwr.supercore.primitives.asymmetric import public_key_to_bytes
from flwr.supercore.protobuf.client import ProtobufClientInterceptor, ProtobufRequestContext
from flwr.supercore.retry import RetryInvoker
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor

from glsmed.client.node.centre_context import centre_context
from glsmed.client.node.connection_faults import explain, is_given_up_too_early
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.proxy import Proxy, centre_client
from glsmed.client.node.refusals import not_admitted, unknown_answer
from glsmed.client.settings.enrolment import read_authority, read_private_key
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.wire.message_size import MOST_PART_BYTES

_PROBE_HEARTBEAT_SECONDS = 30.0
_LOOKED_UP: dict[
    int, bool
] = {  # how the centre answers an activation that it looks up and then refuses: whether it admits the key
    ApiErrorCode.FLEET_INVALID_HEARTBEAT_INTERVAL: True,
    ApiErrorCode.FLEET_NODE_ACTIVATION_FAILED: False,
}


class BoundedFleetClient(FleetHttpClient):
    """Flower's client of the centre, which takes the site's way there and refuses large responses.

    Attributes:
        proxy: the hospital's; None: straight to the centre. Of the class, since upstream makes the object.
    """

    proxy: ClassVar[Proxy | None] = None

    def __init__(
        self,
        base_url: str,
        *,
        interceptors: Sequence[ProtobufClientInterceptor] = (),
        verify: ssl.SSLContext | bool | str = True,
        timeout: float = 30.0,
        retry_invoker: RetryInvoker | None = None,
    ) -> None:
        super().__init__(
            base_url, interceptors=interceptors, verify=verify, timeout=timeout, retry_invoker=retry_invoker
        )
        self._client.close()
        self._client = centre_client(self.greeting() or verify, self.proxy, timeout=timeout)

    def greeting(self) -> ssl.SSLContext | None:
        """How the centre is greeted, with the site's certificate; None: as upstream does, without."""
        return None

    def _send(self, context: ProtobufRequestContext, *, stream: bool = False) -> httpx.Response:
        self._client.event_hooks = {"response": [_refuse_large]}
        try:
            response = super()._send(context, stream=stream)
        except httpx.TransportError as error:
            if is_given_up_too_early(error):
                raise httpx.ConnectError("the centre is not reachable") from error
            raise
        if response.is_server_error:  # its disk is full, say: Flower's thread of heartbeats would end at one of these
            response.close()
            raise httpx.ConnectError(f"the centre answered {response.status_code}")
        return response


def fleet_client_through(proxy: Proxy | None, greet: Callable[[], ssl.SSLContext]) -> type[BoundedFleetClient]:
    """Flower's client of the centre for a site with this proxy; each one made asks anew how to greet the centre."""

    class ClientOfSite(BoundedFleetClient):
        def greeting(self) -> ssl.SSLContext:
            return greet()

    ClientOfSite.proxy = proxy
    return ClientOfSite


def _refuse_large(response: httpx.Response) -> None:
    """Raise if a response is too large; called before its body is read.

    Raises:
        httpx.RemoteProtocolError: it is, or it does not say how large it is.
    """
    length = response.headers.get("content-length", "")
    if "content-encoding" in response.headers or not length.isdecimal() or int(length) > MOST_PART_BYTES:
        raise httpx.RemoteProtocolError(
            f"the centre's response is larger than {MOST_PART_BYTES} bytes, compressed, or has no Content-Length"
        )


def probe_centre(settings: NodeSettings) -> None:
    """Raise unless the centre answers over TLS and knows this site's key.

    Raises:
        ConnectionError: nobody answers there at the moment; worth another try.
        FederationError: the certificate, the key or the release does not fit; another try would not help.
    """
    key = read_private_key(settings.private_key)
    request = ActivateNodeRequest(
        public_key=public_key_to_bytes(key.public_key()), heartbeat_interval=_PROBE_HEARTBEAT_SECONDS
    )
    with _fleet_client(settings, key) as client, _explained(settings):
        _leave_as_before(client, settings.node_id_file)
        node_id = client.ActivateNode(request).node_id
        write_text(settings.node_id_file, f"{node_id}\n")
        client.DeactivateNode(DeactivateNodeRequest(node_id=node_id))


def _leave_as_before(client: FleetHttpClient, node_id_file: Path) -> None:
    """End this site's earlier session, which the centre keeps for up to a minute after a crash.

    Until then it would refuse the site's own key.
    """
    if node_id_file.is_file():
        # it left already, or was admitted again since, or the file is damaged: then the session times out by itself
        with contextlib.suppress(httpx.HTTPStatusError, ValueError):
            client.DeactivateNode(DeactivateNodeRequest(node_id=int(node_id_file.read_text(encoding="ascii"))))


def is_admitted(settings: NodeSettings) -> bool:
    """Whether the centre admits this site's key, asked without disturbing a client of the site that runs.

    The request asks for an impossible heartbeat: the centre looks the key up, and then refuses to change anything.

    Raises:
        ConnectionError: nobody answers there at the moment.
        FederationError: the certificate, the signature or this machine's clock does not fit.
    """
    key = read_private_key(settings.private_key)
    request = ActivateNodeRequest(public_key=public_key_to_bytes(key.public_key()), heartbeat_interval=0)
    with _fleet_client(settings, key) as client, _explained(settings):
        try:
            client.ActivateNode(request)
        except httpx.HTTPStatusError as error:
            said = FlowerError.from_json(error.response.text)
            if said is None or said.code not in _LOOKED_UP:
                raise
            return _LOOKED_UP[said.code]
    return True


@contextlib.contextmanager
def _fleet_client(settings: NodeSettings, key: ec.EllipticCurvePrivateKey) -> Iterator[FleetHttpClient]:
    greet = partial(centre_context, settings.ca_certificate, settings.private_key)
    client = fleet_client_through(settings.proxy, greet).from_server_address(
        settings.centre,
        insecure=False,
        root_certificates=read_authority(settings.ca_certificate),
        interceptors=[
            RuntimeVersionHttpInterceptor(component_name="SuperNode"),
            NodeAuthHttpInterceptor(key, key.public_key()),
        ],
    )
    with client:
        yield client


@contextlib.contextmanager
def _explained(settings: NodeSettings) -> Iterator[None]:
    """Turn errors of httpx and Flower into what an engineer at the hospital can do about them."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        if error.response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ConnectionError(f"the centre answered {error.response.status_code}") from None
        raise _refusal(settings, error.response) from None
    except httpx.TransportError as error:
        raise explain(error, settings) from None
    except ValueError:  # upstream's word for a body that is not of its protocol
        raise ConnectionError("what answers there is not the centre, though it has its certificate") from None


def _refusal(settings: NodeSettings, response: httpx.Response) -> ConnectionError | FederationError:
    said = FlowerError.from_json(response.text)
    if said is None:
        return unknown_answer(settings, response)
    if said.code == ApiErrorCode.FLEET_NODE_ACTIVATION_FAILED:
        return not_admitted(settings, f"[code {said.code}] {said.message}")
    return FederationError(f"the centre {settings.centre} refused: [code {said.code}] {said.message}")
