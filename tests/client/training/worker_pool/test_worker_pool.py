"""Several devices take the same steps as one; here processes on the CPU, which speak gloo instead of nccl."""

import math
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.learning.negative_rates import NegativeRatesError
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.steps.gradient_correction import Steering
from glsmed.client.training.steps.round_plan import TrainingDivergedError
from glsmed.client.training.steps.training import train
from glsmed.client.training.worker_pool import worker_pool
from glsmed.client.training.worker_pool.worker_failures import RunningWorker, WorkerError
from glsmed.client.training.worker_pool.worker_messages import Done, Failed, send
from glsmed.client.training.worker_pool.worker_pool import WorkerPool
from glsmed.shared.errors import UsageError
from glsmed.shared.networks.building import build_model
from glsmed.shared.processes.children import start_child
from glsmed.shared.protocol.network_settings import FineTuningSection, ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection

CPU = torch.device("cpu")
FINDINGS = ("effusion", "nodule")


def study(**changes: object) -> Study:
    training = TrainingSection(steps_per_round=4, batch_size=7, optimizer="sgd", learning_rate=0.01)
    section = ModelSection(architecture="resnet10", image_size_px=32)
    return Study(study="s", findings=FINDINGS, model=section, training=training.model_copy(update=changes))


def examples(n: int = 20) -> Examples:
    """With masked cells, weights, offsets and image shares, so that shares of a batch differ in their weight."""
    generator = torch.Generator().manual_seed(0)

    def cells() -> Tensor:
        return torch.rand(n, 2, generator=generator)

    return Examples(
        images=torch.randint(0, 256, (n, 1, 32, 32), generator=generator).byte(),
        targets=cells(),
        weights=cells() * (cells() > 0.4),
        gold=torch.full((n, 2), math.nan),
        patients=tuple(f"p{number}" for number in range(n)),
        findings=FINDINGS,
        offsets=cells(),
        image_shares=cells(),
    )


def fresh() -> nn.Module:
    return build_model("resnet10", n_findings=2, seed=0)


def furthest(first: nn.Module, second: nn.Module) -> float:
    return max(
        float((a - b).detach().abs().max()) for a, b in zip(first.parameters(), second.parameters(), strict=True)
    )


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    made = WorkerPool(study(), devices=[CPU, CPU], state=StateFolder(tmp_path_factory.mktemp("pool")))
    yield made
    made.close()


def test_two_devices_take_the_steps_of_one_round_after_round(pool: WorkerPool) -> None:
    alone, shared = fresh(), fresh()
    seen: list[int] = []
    for number in (1, 2):
        expected = train(alone, examples(), study().training, round_number=number, device=CPU)
        summary = pool.train(shared, examples(), round_number=number, on_step=seen.append)
        assert summary.loss == pytest.approx(expected.loss, rel=1e-5)
        assert replace(summary, loss=0, seconds=0) == replace(expected, loss=0, seconds=0)
    assert seen == [0, 1, 2, 3] * 2
    assert furthest(alone, fresh()) > 1e-2
    assert furthest(alone, shared) < 1e-5
    assert list(shared.state_dict()) == list(fresh().state_dict())


def test_all_devices_are_pulled_to_the_rounds_model(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, shared, free, pulled = fresh(), fresh(), fresh(), study(proximal_mu=5.0)
    train(alone, examples(), study().training, round_number=1, device=CPU, steering=Steering(pull=5.0))
    train(free, examples(), study().training, round_number=1, device=CPU)
    monkeypatch.setattr(pool, "_study", pulled)
    pool.train(shared, examples(), round_number=1)
    assert furthest(alone, free) > 1e-3
    assert furthest(alone, shared) < 1e-5


def test_all_devices_tune_alike(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round with frozen layers, and the one in which they thaw."""
    tuning = FineTuningSection(frozen_rounds=1, layer_decay=0.8, schedule="cosine", average_decay=0.5)
    alone, shared, chosen = fresh(), fresh(), study(fine_tuning=tuning)
    monkeypatch.setattr(pool, "_study", chosen)
    for number in (1, 2):
        train(alone, examples(), chosen.training, round_number=number, device=CPU)
        pool.train(shared, examples(), round_number=number)
        assert furthest(alone, shared) < 1e-5
    assert furthest(alone, fresh()) > 1e-3


def test_shares_in_parts_that_fit_are_the_same_step(pool: WorkerPool) -> None:
    alone, shared = fresh(), fresh()
    train(alone, examples(), study().training, round_number=1, device=CPU)
    pool._micro_batch_size = 2
    pool.train(shared, examples(), round_number=1)
    pool._micro_batch_size = None
    assert furthest(alone, shared) < 1e-5


def test_workers_outlive_a_round(pool: WorkerPool) -> None:
    pool.train(fresh(), examples(), round_number=1)
    pids = [worker.child.process.pid for worker in pool._workers]
    assert pids
    pool.train(fresh(), examples(), round_number=2)
    assert [worker.child.process.pid for worker in pool._workers] == pids


def test_negative_rates_that_run_away_stop_training(pool: WorkerPool) -> None:
    model = fresh()
    with torch.no_grad():
        model.get_parameter("fc.bias").fill_(80.0)
    data = replace(examples(), targets=torch.full((20, 2), 1.25), weights=torch.ones(20, 2))
    with pytest.raises(NegativeRatesError, match="effusion"):
        pool.train(model, data, round_number=4)


def test_a_loss_that_is_no_number_is_an_error_that_names_the_remedy(pool: WorkerPool) -> None:
    model = fresh()
    with torch.no_grad():
        model.get_parameter("fc.bias").fill_(math.nan)
    with pytest.raises(TrainingDivergedError, match="learning_rate"):
        pool.train(model, examples(), round_number=1)


def test_a_worker_that_is_killed_is_named_at_once_and_the_next_round_starts_anew(pool: WorkerPool) -> None:
    model, killed_at = fresh(), []

    def kill(number: int) -> None:
        if number == 1:
            pool._workers[1].child.process.send_signal(signal.SIGKILL)
            killed_at.append(time.monotonic())

    with pytest.raises(WorkerError, match=r"training worker 2 of 2 \(cpu\) ended with status -9"):
        pool.train(model, examples(), round_number=1, on_step=kill)
    assert time.monotonic() - killed_at[0] < 60  # the others would wait for it for half an hour
    assert furthest(model, fresh()) == 0
    alone = fresh()
    train(alone, examples(), study().training, round_number=1, device=CPU)
    pool.train(model, examples(), round_number=1)
    assert furthest(alone, model) < 1e-5


def test_an_interrupted_round_leaves_no_worker(pool: WorkerPool) -> None:
    def interrupt(_number: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pool.train(fresh(), examples(), round_number=1, on_step=interrupt)
    assert pool._workers == []


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (
            Failed(error="RuntimeError", message="closed by peer", at=7.5),
            Failed(error="ValueError", message="x", at=7.1),
            "2 of 2.* ValueError: x",
        ),
        (Failed(error="RuntimeError", message="closed by peer", at=7.5), None, "2 of 2.*ended"),
        (Failed(error="RuntimeError", message="mine", at=7.1), Done(), "1 of 2.*mine"),
    ],
)
def test_the_worker_that_failed_first_is_named(
    tmp_path: Path, first: Failed, second: Failed | Done | None, named: str
) -> None:
    """A worker fails with those that it waits for, and may be heard before them."""
    pool, ends = WorkerPool(study(), devices=[CPU, CPU], state=StateFolder(tmp_path)), []
    for number in (1, 2):
        ours, theirs = socket.socketpair()
        ends.append(Connection(theirs.detach()))
        child = start_child(str(number), ["true"], log=tmp_path / f"{number}.log", environment={})
        pool._workers.append(RunningWorker(f"worker {number} of 2", child, Connection(ours.detach())))
    send(ends[0], first)
    ends[1].close() if second is None else send(ends[1], second)
    with pytest.raises(WorkerError, match=named):
        pool._replies()
    pool.close()
    for end in ends:
        end.close()


def test_fewer_images_than_devices_are_refused(pool: WorkerPool) -> None:
    with pytest.raises(UsageError, match=r"devices is 2, but a step has only 1 image"):
        pool.train(fresh(), examples(1), round_number=1)


SHORT = """
import torch
from glsmed.client.training.worker_pool import worker
from glsmed.client.training.steps.stepper import Stepper

class Short(Stepper):
    def attempt(self, batch, total_weight):
        if self.micro_batch_size > 2:
            raise torch.OutOfMemoryError("no room")
        return super().attempt(batch, total_weight)

worker.Stepper = Short
worker.main()
"""


def test_short_memory_takes_less_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "short.py"
    script.write_text(SHORT)
    monkeypatch.setattr(worker_pool, "PROGRAM", (str(script),))
    alone, model = fresh(), fresh()
    train(alone, examples(), study().training, round_number=1, device=CPU)
    pool = WorkerPool(study(), devices=[CPU], state=StateFolder(tmp_path))
    seen: list[int] = []
    pool.train(model, examples(), round_number=1, on_step=seen.append)
    pool.close()
    assert furthest(alone, model) < 1e-5
    assert seen == [0, 1, 2, 3]


RESIDENT = """
import sys
from pathlib import Path
import torch
sys.path.insert(0, TESTS)
from test_worker_pool import CPU, StateFolder, examples, fresh, study
from glsmed.client.training.worker_pool.worker_pool import WorkerPool

def say(number):
    if number == 0:
        print("workers", *(worker.child.process.pid for worker in pool._workers), flush=True)

pool = WorkerPool(study(steps_per_round=100_000), devices=[CPU], state=StateFolder(Path(sys.argv[1])))
pool.train(fresh(), examples(), round_number=1, on_step=say)
"""


def test_workers_end_with_the_process_that_made_them(tmp_path: Path) -> None:
    program = RESIDENT.replace("TESTS", repr(str(Path(__file__).parent)))
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as resident:
        assert resident.stdout is not None
        line = next(line for line in resident.stdout if line.startswith("workers "))
        resident.kill()
    pids = line.split()[1:]
    assert len(pids) == 1
    deadline = time.monotonic() + 60
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker was left behind"
        time.sleep(0.05)


def _runs(pid: str) -> bool:
    """Whether the process has not ended; one that nobody collected has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_workers_that_cannot_start_leave_none_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        worker_pool, "PROGRAM", ("-c", "import sys, time; '\"rank\":1' in sys.argv[1] or time.sleep(300)")
    )
    pool = WorkerPool(study(), devices=[CPU, CPU], state=StateFolder(tmp_path))
    with pytest.raises(WorkerError, match=r"training worker 2 of 2 \(cpu\) ended with status 0"):
        pool.start()
    assert pool._workers == []
