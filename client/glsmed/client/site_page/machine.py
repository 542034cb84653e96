"""The machine: room on its disk, and its GPUs."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.pages.blocks import Block, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say
from glsmed.shared.quantities import bytes_in_words

_LEAST_FREE = 5e9  # bytes; below, a person should make room
_PATIENCE_S = 5.0
_MIB = 2**20
_QUERY = ("--query-gpu=name,memory.used,memory.total,utilization.gpu", "--format=csv,noheader,nounits")


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU; bytes of memory, and the share of time in which it works."""

    name: str
    used: int
    total: int
    busy_percent: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Disk and GPUs.

    Attributes:
        free: bytes on the disk of the state folder.
        parts: bytes of each part of the state folder.
    """

    free: int
    total: int
    parts: Mapping[str, int]
    gpus: Sequence[Gpu]


def read_machine(state: StateFolder) -> Machine:
    """The machine as it is now."""
    disk = shutil.disk_usage(state.path if state.path.is_dir() else state.path.parent)
    folders = (state.patients, state.all_models, state.audit, state.accounts, state.logs)
    return Machine(disk.free, disk.total, {one.name: _size(one) for one in folders}, _gpus())


def machine_blocks(machine: Machine) -> list[Block]:
    """Room left, what takes it, and the GPUs."""
    words = {"free": bytes_in_words(machine.free), "total": bytes_in_words(machine.total)}
    is_short = machine.free < _LEAST_FREE
    blocks: list[Block] = [Paragraph(say("Disk: {free} free of {total}.", **words), strong=is_short)]
    rows = [[f"state/{name}/", bytes_in_words(size)] for name, size in machine.parts.items()]
    blocks.append(Table([say("folder"), say("size")], rows, say("What the state folder holds.")))
    if not machine.gpus:
        return [*blocks, Paragraph(say("No NVIDIA GPU answers on this machine."))]
    head = ["GPU", say("memory used"), say("of"), say("busy")]
    return [*blocks, Table(head, [_gpu_row(one) for one in machine.gpus], say("GPUs."))]


def _gpu_row(gpu: Gpu) -> list[str]:
    return [gpu.name, bytes_in_words(gpu.used), bytes_in_words(gpu.total), f"{gpu.busy_percent} %"]


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def _gpus() -> list[Gpu]:
    """As NVIDIA's own program says; none where it is not there or does not answer."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        done = subprocess.run(  # noqa: S603  # the driver's own program, fixed arguments
            [program, *_QUERY], capture_output=True, text=True, timeout=_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [gpu for gpu in map(gpu_of, done.stdout.splitlines()) if gpu is not None]


def gpu_of(line: str) -> Gpu | None:
    """The GPU of one line: name, MiB used, MiB in all, percent busy; None where the driver does not know them."""
    parts = [part.strip() for part in line.split(",")]
    try:
        name, used, total, busy = parts
        return Gpu(bounded(name, most=60), int(used) * _MIB, int(total) * _MIB, int(busy))
    except ValueError:
        return None
