import pytest
import torch

from glsmed.client.training.devices import memory_used_bytes, resolve_device, resolve_devices
from glsmed.shared.errors import UsageError
from glsmed.shared.protocol.study import PrivacySection, TrainingSection


@pytest.mark.parametrize(("present", "expected"), [(True, "cuda"), (False, "cpu")])
def test_auto_takes_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch, expected: str, *, present: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: present)
    assert resolve_device("auto").type == expected


def test_cpu_is_taken_although_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(("name", "count"), [("cuda", 0), ("cuda:1", 1), ("cuda:7", 2)])
def test_a_gpu_that_is_not_there_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, count: int
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    with pytest.raises(
        UsageError, match=rf"device: {name} is not on this machine \({count} GPUs found\); use auto or cpu"
    ):
        resolve_device(name)


def test_a_gpu_is_taken_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda:1") == torch.device("cuda", 1)


ONE = TrainingSection()
PERSONAL = TrainingSection(personal_model_mu=0.1)
SCAFFOLD = TrainingSection(control_variates=True, optimizer="sgd", momentum=0)
PRIVATE = TrainingSection(site_offset=False, privacy=PrivacySection(noise_multiplier=1.0))


@pytest.mark.parametrize(
    ("name", "count", "expected"),
    [
        ("cpu", 2, ["cpu", "cpu"]),
        ("cuda", 3, ["cuda:0", "cuda:1", "cuda:2"]),
        ("cuda:1", 2, ["cuda:1", "cuda:2"]),
        ("cuda:2", 1, ["cuda:2"]),
    ],
)
def test_several_devices_follow_the_first(
    monkeypatch: pytest.MonkeyPatch, name: str, count: int, expected: list[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert [str(device) for device in resolve_devices(name, count, ONE)] == expected


@pytest.mark.parametrize(
    ("name", "count", "settings", "fault"),
    [
        ("cuda", 4, ONE, r"devices: 4 GPUs from cuda:0 on are not on this machine \(3 GPUs found\)"),
        ("cuda:2", 2, ONE, r"devices: 2 GPUs from cuda:2 on are not on this machine \(3 GPUs found\)"),
        ("cpu", 2, PRIVATE, "differential privacy"),
        ("cpu", 2, PERSONAL, "personal_model_mu of this study is computed on one device: set devices to 1"),
        ("cpu", 2, SCAFFOLD, "control_variates of this study is computed on one device: set devices to 1"),
        ("cpu", 33, ONE, "only 32 images: set devices to 32"),
    ],
)
def test_what_several_devices_cannot_do_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, count: int, settings: TrainingSection, fault: str
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    with pytest.raises(UsageError, match=fault):
        resolve_devices(name, count, settings)


def test_one_device_trains_privately() -> None:
    assert resolve_devices("cpu", 1, PRIVATE) == (torch.device("cpu"),)


def test_the_memory_in_use_is_that_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (30, 100))
    assert memory_used_bytes(torch.device("cuda:0")) == 70
    assert memory_used_bytes(torch.device("cpu")) is None
