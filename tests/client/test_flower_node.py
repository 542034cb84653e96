"""Contract tests: what we change in flwr's SuperNode is where we change it."""

import inspect
import re
from pathlib import Path

from flwr.supercore.inflatable.inflatable_utils import pull_objects
from flwr.supercore.run import RunNotRunningException
from flwr.supernode import start_client_internal

from glsmed.client.flower_node import NodeSettings, supernode_arguments

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
