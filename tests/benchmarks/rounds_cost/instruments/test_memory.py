"""Memory and processor time of real processes."""

import subprocess
import sys
import time

import pytest

from glsmed.benchmarks.rounds_cost.instruments.memory import MemorySampler, memory_of, process_tree
from glsmed.benchmarks.rounds_cost.instruments.processor import process_name, processor_seconds

MIB = 2**20
HOLD = "import sys, time; held = bytearray(b'x' * int(sys.argv[1])); print('ready', flush=True); time.sleep(300)"
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


def _started(*command: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def _sampled(sampler: MemorySampler, more: int) -> None:
    """Wait until so many more samples are taken."""
    enough, deadline = len(sampler.samples) + more, time.monotonic() + 60
    while len(sampler.samples) < enough and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture
def family() -> "subprocess.Popen[bytes]":
    """A process whose child holds 64 MiB."""
    return _started(PARENT, HOLD, str(64 * MIB))


def _end(process: "subprocess.Popen[bytes]") -> None:
    for each in reversed(list(process_tree(process.pid))):
        subprocess.run(["kill", "-9", str(each)], check=False)
    process.communicate()


def test_memory_of_a_child_counts_for_its_parent(family: "subprocess.Popen[bytes]") -> None:
    try:
        assert len(list(process_tree(family.pid))) == 2
        memory = memory_of(family.pid)
    finally:
        _end(family)
    assert 64 * MIB < memory.anonymous < memory.total < 120 * MIB


def test_a_process_that_has_ended_has_no_memory(family: "subprocess.Popen[bytes]") -> None:
    _end(family)
    assert memory_of(family.pid).total == 0


def test_the_sampler_sees_a_peak_that_is_gone_at_the_end() -> None:
    grow = "held = b'x' * (64 << 20)\nprint('ready', flush=True)\ninput()\ndel held\nprint('gone', flush=True)\ninput()"
    process = _started(grow)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with MemorySampler(process.pid) as sampler:
            _sampled(sampler, 5)
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"gone\n"
            _sampled(sampler, 5)
        after = memory_of(process.pid)
    finally:
        _end(process)
    assert len(sampler.samples) >= 10
    assert sampler.peak().total - after.total > 60 * MIB


def test_processor_seconds_are_those_that_a_process_spent() -> None:
    spin = "import time\nwhile time.process_time() < 1: pass\n"  # what its start took is in it
    process = _started(f"{spin}print('ready', flush=True)\ntime.sleep(300)")
    try:
        seconds = processor_seconds([process.pid])
    finally:
        _end(process)
    assert sum(seconds.values()) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("python -m glsmed.server.processes.superlink_process /x/study.yaml", "SuperLink"),
        ("python -m glsmed.server.processes.round_process /x/study.yaml", "round process"),
        ("/x/bin/python /x/bin/flwr-serverapp --token t", "ServerApp"),
        ("python -m glsmed.client.resident /x/st-mary/config.yaml 4711", "st-mary resident"),
        ('python -m glsmed.client.node.supernode_process 9 --node-config site="st-mary"', "st-mary SuperNode"),
        ("/x/bin/python /x/bin/flwr-server --study /x/study.yaml", "supervisor"),
        ("/x/bin/python /x/bin/glsmed-client --site /x/st-mary/config.yaml", "st-mary supervisor"),
    ],
)
def test_a_process_is_called_by_its_part(command: str, name: str) -> None:
    assert process_name(command.split(" ")) == name
