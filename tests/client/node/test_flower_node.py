"""Contract tests: what we change in flwr's SuperNode is where we change it."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flwr.proto.fleet_pb2 import ActivateNodeRequest, ActivateNodeResponse
from flwr.supercore.inflatable.inflatable_utils import pull_objects
from flwr.supercore.run import RunNotRunningException
from flwr.supernode import fleet_http_connection, start_client_internal
from flwr.supernode.fleet_http_client import FleetHttpClient

from glsmed.client.node.flower_node import BoundedFleetClient, supernode_arguments
from glsmed.client.node.node_settings import NodeSettings

SOURCE = inspect.getsource(start_client_internal)


def test_the_supernode_waits_by_sleeping_and_by_nothing_else_of_time() -> None:
    assert set(re.findall(r"time\.(\w+)\(", SOURCE)) == {"sleep"}
    assert re.findall(r"time\.sleep\(([\d.]+)\)", SOURCE) == ["3", "0.5", "0.5"]


def test_the_supernode_pulls_by_name_and_lets_the_end_of_a_run_through() -> None:
    assert start_client_internal.pull_objects is pull_objects  # type: ignore[attr-defined]  # imported there by name
    assert SOURCE.count(" pull_objects(") == 1
    assert not issubclass(RunNotRunningException, Exception)


def test_the_supernode_is_started_isolated_with_key_and_certificate() -> None:
    folder = Path("state")
    arguments = supernode_arguments(
        NodeSettings(
            centre="centre.example.org:8443",
            ca_certificate=Path("ca.crt"),
            private_key=Path("site.key"),
            site="st-mary",
            runtime_port=9000,
            superexec_secret=folder / "secret",
            node_id_file=folder / "node-id",
        )
    )
    assert arguments[arguments.index("--isolation") + 1] == "process"
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert "--insecure" not in arguments


def test_the_supernodes_client_is_imported_by_name() -> None:
    assert fleet_http_connection.FleetHttpClient is FleetHttpClient  # type: ignore[attr-defined]  # imported there by name
    assert "FleetHttpClient.from_server_address(" in inspect.getsource(fleet_http_connection)


class _Body(httpx.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.was_read = False

    def __iter__(self) -> Iterator[bytes]:
        self.was_read = True
        yield self.content


def _client(body: _Body, headers: dict[str, str]) -> BoundedFleetClient:
    client = BoundedFleetClient("http://centre")
    answer = httpx.Response(200, headers={"content-type": "application/x-protobuf", **headers}, stream=body)
    client._client = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    return client


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": str(32 * 2**20 + 1)},
        {"content-length": "-1"},
        {"content-length": "10", "content-encoding": "gzip"},
        {"transfer-encoding": "chunked"},
    ],
)
def test_a_large_answer_of_the_centre_is_not_read(headers: dict[str, str]) -> None:
    body = _Body(b"x")
    with pytest.raises(httpx.TransportError, match="not of at most 33554432 plain bytes"):
        _client(body, headers).ActivateNode(ActivateNodeRequest())
    assert not body.was_read


def test_an_answer_of_usual_size_is_read() -> None:
    content = ActivateNodeResponse(node_id=7).SerializeToString()
    client = _client(_Body(content), {"content-length": str(len(content))})
    assert client.ActivateNode(ActivateNodeRequest()).node_id == 7
