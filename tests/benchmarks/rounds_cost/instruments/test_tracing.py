"""Calls of other processes, timed from outside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from glsmed.benchmarks.rounds_cost.instruments.tracing import Span, read_spans, tracing_environment

PROGRAM = """
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import Hello
decode(encode(Hello(study_digest="d", run="r")), Hello)
"""


def _run(environment: dict[str, str], program: str = PROGRAM) -> None:
    subprocess.run([sys.executable, "-c", program], env={**os.environ, **environment}, check=True)


def test_a_traced_process_writes_each_call_with_its_time(tmp_path: Path) -> None:
    _run(dict(tracing_environment(tmp_path)))
    spans = read_spans(tmp_path)
    assert [span.label for span in spans] == ["encode", "decode"]
    assert all(0 <= span.end - span.start < 5 for span in spans)
    assert spans[0].end <= spans[1].start


def test_a_call_that_raises_is_written_and_raises(tmp_path: Path) -> None:
    _run(
        dict(tracing_environment(tmp_path)),
        "from flwr.app import RecordDict\n"
        "from glsmed.shared.protocol.codec import decode\n"
        "from glsmed.shared.protocol.messages import Hello\n"
        "from glsmed.shared.errors import WireError\n"
        "try:\n    decode(RecordDict(), Hello)\nexcept WireError:\n    pass\nelse:\n    raise SystemExit(1)\n",
    )
    assert [span.label for span in read_spans(tmp_path)] == ["decode"]


def test_requests_of_flowers_client_have_their_path_and_bytes(tmp_path: Path) -> None:
    program = (
        "import httpx\n"
        "from flwr.proto.fleet_pb2 import PullMessagesRequest\n"
        "from flwr.proto.node_pb2 import Node\n"
        "from flwr.supernode.fleet_http_client import FleetHttpClient\n"
        "client = FleetHttpClient.from_server_address('127.0.0.1:9', True, None, [])\n"
        "try:\n    client.PullMessages(PullMessagesRequest(node=Node(node_id=1)))\n"
        "except httpx.ConnectError:\n    pass\n"
    )
    _run(dict(tracing_environment(tmp_path)), program)
    (span,) = read_spans(tmp_path)
    assert (span.label, span.received) == ("pull-messages", 0)
    assert span.sent > 0


def test_a_line_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    line = {"process": "a", "label": "x", "start": 1.0, "end": 2.0, "sent": 0, "received": 0}
    (tmp_path / "1.jsonl").write_text(json.dumps(line) + '\n{"process": "a", "la')
    assert read_spans(tmp_path) == [Span("a", "x", 1.0, 2.0)]


def test_a_traced_run_keeps_the_path_that_was_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert tracing_environment(tmp_path)["PYTHONPATH"].split(os.pathsep)[1:] == ["/somewhere"]
