"""The installed programs, run as a person would: to their end, or in the background with a log."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import Child, installed_program, start_child, stop_children

_POLITELY_SECONDS = 15.0


def fingerprint_in(enrolled: str) -> str:
    """What a hospital reads out over the telephone, from what ``glsmed-client enroll`` printed there.

    Raises:
        FederationError: it printed none.
    """
    found = re.search(r"SHA256:[A-Za-z0-9+/]{43}", enrolled)
    if found is None:
        raise FederationError(f"glsmed-client enroll printed no fingerprint:\n{enrolled}")
    return found.group()


class Programs:
    """Starts programs of this environment and ends those that still run when the block is left.

    Args:
        logs: folder for their output.
        environment: variables beside those of this process.
    """

    def __init__(self, logs: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self._logs = logs
        self._environment = dict(environment or {})
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(self._children)

    def run(self, program: str, *arguments: str) -> str:
        """Run a program to its end; returns what it printed.

        Raises:
            FederationError: it failed; holds what it printed.
        """
        done = subprocess.run(  # noqa: S603  # a fixed program of this installation, no shell
            [installed_program(program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **self._environment},
        )
        if done.returncode != 0:
            raise FederationError(f"{program} {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}".rstrip())
        return done.stdout

    def start(self, name: str, program: str, *arguments: str) -> Child:
        """Start a program in the background; its output is the log ``<name>.log``."""
        environment = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"), **self._environment}
        child = start_child(
            name, [installed_program(program), *arguments], log=self._logs / f"{name}.log", environment=environment
        )
        self._children.append(child)
        return child

    def stop(self, children: Sequence[Child]) -> None:
        """End background programs."""
        stop_children(children, grace_seconds=_POLITELY_SECONDS)
        self._children = [child for child in self._children if child not in children]


def require_running(children: Sequence[Child]) -> None:
    """Raise if one of them has ended.

    Raises:
        FederationError: one has ended; holds the end of its log.
    """
    for child in children:
        if not child.is_running():
            raise FederationError(f"{child.name} ended too early; the end of {child.log}:\n{child.log_tail()}")


class Follower:
    """The new whole lines of a growing log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._seen = 0

    def new_lines(self) -> list[str]:
        """The lines since the last call, without the one that is still being written."""
        content = self._log.read_bytes()[self._seen :]
        whole = content.rfind(b"\n") + 1
        self._seen += whole
        return content[:whole].decode("utf-8", errors="replace").splitlines()
