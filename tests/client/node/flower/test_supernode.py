"""Contract tests: what we change in flwr's SuperNode is where we change it."""

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from flwr.common.constant import HEARTBEAT_DEFAULT_INTERVAL
from flwr.supercore import heartbeat
from flwr.supercore.inflatable.inflatable_utils import pull_objects
from flwr.supercore.run import RunNotRunningException
from flwr.supernode import fleet_http_connection, start_client_internal
from flwr.supernode.fleet_http_client import FleetHttpClient

from glsmed.client.node.flower.supernode import supernode_arguments
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
            bell=folder / "bell",
        )
    )
    assert arguments[arguments.index("--isolation") + 1] == "process"
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert "--insecure" not in arguments


def test_the_supernodes_client_is_imported_by_name() -> None:
    assert fleet_http_connection.FleetHttpClient is FleetHttpClient  # type: ignore[attr-defined]  # imported there by name
    assert "FleetHttpClient.from_server_address(" in inspect.getsource(fleet_http_connection)


@pytest.mark.parametrize("module", [heartbeat, fleet_http_connection])
def test_the_interval_of_heartbeats_is_imported_by_name(module: ModuleType) -> None:
    assert module.HEARTBEAT_DEFAULT_INTERVAL == HEARTBEAT_DEFAULT_INTERVAL
    source = inspect.getsource(module)
    assert source.count("HEARTBEAT_DEFAULT_INTERVAL") > 1
    assert "constant.HEARTBEAT_DEFAULT_INTERVAL" not in source
