"""Which devices a site trains on."""

import torch

from glsmed.shared.errors import UsageError
from glsmed.shared.protocol.study import TrainingSection


def resolve_device(name: str) -> torch.device:
    """The device for ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; auto takes a GPU where there is one.

    Raises:
        UsageError: a GPU is asked for that this machine does not have.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"device: {name} is not on this machine ({torch.cuda.device_count()} GPUs found); use auto or cpu"
        )
    return device


def resolve_devices(name: str, count: int, settings: TrainingSection) -> tuple[torch.device, ...]:
    """The devices that share a round: ``count`` GPUs from the named one on, or that many processes on the CPU.

    Raises:
        UsageError: the machine has fewer, or the study cannot be trained on several.
    """
    first = resolve_device(name)
    if count == 1:
        return (first,)
    _require_shareable(count, settings)
    if first.type == "cpu":
        return (first,) * count
    start, present = first.index or 0, torch.cuda.device_count()
    if start + count > present:
        raise UsageError(
            f"devices: {count} GPUs from cuda:{start} on are not on this machine ({present} GPUs found); lower devices"
        )
    return tuple(torch.device("cuda", start + number) for number in range(count))


def memory_used_bytes(device: torch.device) -> int | None:
    """How much memory of a GPU is in use, by whatever process; None for a CPU."""
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info(device)
    return total - free


def _require_shareable(count: int, settings: TrainingSection) -> None:
    if settings.privacy.is_on:
        raise UsageError(
            f"devices is {count}, but this study trains with differential privacy, which one process must do alone: "
            "set devices to 1"
        )
    if settings.control_variates or settings.personal_model_mu is not None:
        asked = "control_variates" if settings.control_variates else "personal_model_mu"
        raise UsageError(
            f"devices is {count}, but training.{asked} of this study is computed on one device: set devices to 1"
        )
    if settings.batch_size < count:
        raise UsageError(
            f"devices is {count}, but a step of this study has only {settings.batch_size} images: set devices to "
            f"{settings.batch_size} or fewer"
        )
