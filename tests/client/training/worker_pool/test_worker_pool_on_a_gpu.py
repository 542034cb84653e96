"""Workers on GPUs, which speak nccl, take the steps of one process; with one GPU there is one worker."""

from pathlib import Path

import pytest
import torch

from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.devices import resolve_devices
from glsmed.client.training.steps.training import train
from glsmed.client.training.worker_pool.worker_pool import WorkerPool
from glsmed.shared.errors import UsageError
from tests.client.training.worker_pool.test_worker_pool import examples, fresh, furthest, study

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("count", [1, 2])
def test_workers_on_gpus_take_the_steps_of_one_process(tmp_path: Path, gpu: torch.device, count: int) -> None:
    if torch.cuda.device_count() < count:
        pytest.skip(f"this machine has {torch.cuda.device_count()} GPU, the test needs {count}")
    full = study(mixed_precision="off")
    devices = [torch.device("cuda", number) for number in range(count)]
    alone, shared = fresh(), fresh()
    pool = WorkerPool(full, devices=devices, state=StateFolder(tmp_path))
    for number in (1, 2):
        expected = train(alone, examples(), full.training, round_number=number, device=gpu)
        summary = pool.train(shared, examples(), round_number=number)
        assert summary.loss == pytest.approx(expected.loss, rel=1e-2)
    pool.close()
    alone.cpu()
    shared.cpu()
    assert furthest(alone, shared) < 0.1 * furthest(alone, fresh())  # workers compute in TF32


def test_one_gpu_more_than_there_are_is_refused(gpu: torch.device) -> None:
    present = torch.cuda.device_count()
    devices = resolve_devices("auto", present, study().training)
    assert [device.type for device in devices] == ["cuda"] * present
    with pytest.raises(UsageError, match=f"{present} GPUs found"):
        resolve_devices("auto", present + 1, study().training)
