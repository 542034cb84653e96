"""Which device a site trains on."""

import torch

from glsmed.shared.errors import UsageError


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
