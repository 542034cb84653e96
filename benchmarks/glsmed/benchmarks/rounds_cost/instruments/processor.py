"""How long each process of a federation has used a processor (Linux)."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from glsmed.benchmarks.rounds_cost.instruments.memory import process_tree

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_USER_TICKS, _SYSTEM_TICKS = 11, 12  # fields of /proc/PID/stat after the command's name


def processor_seconds(roots: Iterable[int]) -> dict[str, float]:
    """Processor seconds so far of each process and everything that it started, by name."""
    seconds: dict[str, float] = {}
    for root in roots:
        for process in process_tree(root):
            folder = _PROC / str(process)
            try:
                command = (folder / "cmdline").read_text(encoding="utf-8").split("\0")[:-1]
                fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has just ended
            ticks = int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
            name = process_name(command)
            seconds[name] = seconds.get(name, 0.0) + ticks / _TICKS_PER_SECOND
    return seconds


def process_name(command: Sequence[str]) -> str:
    """What people call the process of a federation with this command line."""
    text = " ".join(command)
    for part, name in _NAMES.items():
        if part in text:
            return name
    if "glsmed.client.resident" in text:
        return f"{Path(command[-2]).parent.name} resident"
    if "supernode_process" in text:
        return text.partition('site="')[2].partition('"')[0] + " SuperNode"
    if "glsmed-client" in text:
        return f"{Path(command[-1]).parent.name} supervisor"
    return Path(command[0]).name if command else "ended"


_NAMES = {
    "superlink_process": "SuperLink",
    "superexec": "executor",
    "serverapp": "ServerApp",
    "light_site": "light sites",
    "flwr-server": "supervisor",
}
