import socket
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from torch import distributed

from glsmed.client.training.worker_pool.worker import WorkerSetup, serve
from glsmed.client.training.worker_pool.worker_messages import Done, Failed, TakeStep, receive, send


def test_a_worker_says_why_it_gives_up(tmp_path: Path) -> None:
    """A step before the start of a round."""
    ours, theirs = socket.socketpair()
    resident = Connection(ours.detach())
    setup = WorkerSetup(
        channel=theirs.detach(),
        rank=0,
        count=1,
        device="cpu",
        store=str(tmp_path / "store"),
        architecture="resnet10",
        n_findings=2,
        image_size_px=32,
    )
    send(resident, TakeStep())
    try:
        with pytest.raises(ValueError, match="expected StartRound before any step, got TakeStep"):
            serve(setup)
    finally:
        distributed.destroy_process_group()
    assert receive(resident)[0] == Done()
    failed = receive(resident)[0]
    assert isinstance(failed, Failed)
    assert (failed.error, failed.message) == ("ValueError", "expected StartRound before any step, got TakeStep")
