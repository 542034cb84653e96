"""Workers on GPUs, which speak nccl, take the steps of one process; with one GPU there is one worker."""

from pathlib import Path

import pytest
import torch

from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.devices import resolve_devices
from glsmed.client.training.steps.training import train
from glsmed.client.training.worker_pool import worker_pool
from glsmed.client.training.worker_pool.worker_pool import WorkerPool
from glsmed.shared.errors import UsageError
from tests.client.training.worker_pool.test_worker_pool import examples, fresh, furthest, study

pytestmark = pytest.mark.gpu

FULL_PRECISION = """
import torch
from glsmed.client.training.worker_pool import worker

with torch.backends.cudnn.flags(enabled=True, allow_tf32=False, fp32_precision="ieee"):
    worker.main()
"""


@pytest.mark.parametrize("count", [1, 2])
def test_workers_on_gpus_take_the_steps_of_one_process(
    tmp_path: Path, gpu: torch.device, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In full precision, as the reference: by PyTorch's default they would compute in TF32, which is 0.1 away."""
    if torch.cuda.device_count() < count:
        pytest.skip(f"this machine has {torch.cuda.device_count()} GPU, the test needs {count}")
    (script := tmp_path / "full_precision.py").write_text(FULL_PRECISION)
    monkeypatch.setattr(worker_pool, "PROGRAM", (str(script),))
    full = study(mixed_precision="off")
    devices = [torch.device("cuda", number) for number in range(count)]
    alone, shared = fresh(), fresh()
    pool = WorkerPool(full, devices=devices, state=StateFolder(tmp_path))
    for number in (1, 2):
        expected = train(alone, examples(), full.training, round_number=number, device=gpu)
        summary = pool.train(shared, examples(), round_number=number)
        assert summary.loss == pytest.approx(expected.loss, rel=1e-4)
    pool.close()
    alone.cpu()
    shared.cpu()
    assert furthest(alone, shared) < 1e-2 * furthest(alone, fresh())


def test_one_gpu_more_than_there_are_is_refused(gpu: torch.device) -> None:
    present = torch.cuda.device_count()
    devices = resolve_devices("auto", present, study().training)
    assert [device.type for device in devices] == ["cuda"] * present
    with pytest.raises(UsageError, match=f"{present} GPUs found"):
        resolve_devices("auto", present + 1, study().training)
