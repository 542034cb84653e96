"""The curves of a run: every number that it has recorded, as a named value per round."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from glsmed.server.folders.run_folder import MetricRow, RoundRecord, read_metrics, read_rounds


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one curve.

    Attributes:
        part: what was recorded at one time: ``train``, ``validation``, ``test`` or ``round``.
        name: of the curve within its part, for instance ``auroc/effusion/st-mary``.
    """

    part: str
    name: str
    round: int
    value: float

    @property
    def curve(self) -> str:
        """The name of the curve among all."""
        return f"{self.part}/{self.name}"


def points(run_folder: Path) -> list[Point]:
    """Every point so far, round by round.

    Raises:
        FederationError: a file of the run is damaged.
    """
    accepted = [record for record in read_rounds(run_folder) if record.accepted]
    every = [*map(_of_metric, read_metrics(run_folder)), *_of_rounds(accepted)]
    return sorted(every, key=lambda point: point.round)


def _of_metric(row: MetricRow) -> Point:
    name = "/".join(part for part in (row.metric, row.finding, row.site) if part)
    return Point(row.split, name, row.round, row.value)


def _of_rounds(records: Iterable[RoundRecord]) -> Iterator[Point]:
    for record in records:
        numbers = {
            "seconds": record.seconds,
            "bytes_down": record.bytes_down,
            "bytes_up": record.bytes_up,
            "sites_counted": len(record.counted),
            "sites_not_counted": len(record.not_counted),
        }
        for name, value in numbers.items():
            yield Point("round", name, record.round, float(value))
