"""One round from end to end: who did what, when, and who waited for whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.benchmarks.rounds_cost.federation_run import RunRecord
from glsmed.benchmarks.rounds_cost.instruments.tracing import Span
from glsmed.benchmarks.rounds_cost.page import markdown_table

_SHOWN_SECONDS = 0.02
_IDLE = frozenset({"send-node-heartbeat", "send-task-heartbeat", "acquire-task", "get-nodes", "push-logs"})
_POLL = "pull-messages"
_EMPTY_BYTES = 64  # a response without a message
_MEGA = 1e6


@dataclass(slots=True)
class Step:
    """Calls of one kind that one process made one after the other; seconds since the beginning of the round.

    Attributes:
        busy: seconds in which at least one of the calls was going on.
    """

    process: str
    label: str
    start: float
    end: float
    busy: float
    calls: int = 1
    sent: int = 0
    received: int = 0

    def add(self, span: Span, origin: float) -> None:
        """Take one more call into the step; calls come by their start."""
        start, end = span.start - origin, span.end - origin
        self.busy += max(0.0, end - max(start, self.end))
        self.end = max(self.end, end)
        self.calls += 1
        self.sent += span.sent
        self.received += span.received


def steps_of_cycle(spans: Iterable[Span], *, began: float, ended: float) -> list[Step]:
    """What happened between two moments, by start; heartbeats and polls that found nothing are left out."""
    running: dict[str, Step] = {}
    steps: list[Step] = []
    for span in spans:
        if not began <= span.start < ended or _is_idle(span):
            continue
        step = running.get(span.process)
        if step is not None and step.label == span.label:
            step.add(span, began)
            continue
        start, end = span.start - began, span.end - began
        step = Step(span.process, span.label, start, end, end - start, sent=span.sent, received=span.received)
        running[span.process] = step
        steps.append(step)
    return [step for step in steps if step.end - step.start >= _SHOWN_SECONDS]


def _is_idle(span: Span) -> bool:
    return span.label in _IDLE or (span.label == _POLL and span.received < _EMPTY_BYTES)


def middle_cycle(record: RunRecord) -> tuple[int, float, float]:
    """The round whose cycle took the middle time, with when it began and ended; the first cycle does not count."""
    ends = record.ends
    numbers = sorted(ends)[2:] or sorted(ends)[1:]
    by_length = sorted(numbers, key=lambda number: ends[number].at - ends[number - 1].at)
    number = by_length[len(by_length) // 2]
    return number, ends[number - 1].at, ends[number].at


def waterfall_table(steps: Sequence[Step]) -> str:
    """The steps as a table in Markdown."""
    rows = [
        [
            step.process,
            step.label,
            f"{step.start:.2f}",
            f"{step.end:.2f}",
            f"{step.busy:.2f}",
            str(step.calls),
            f"{(step.sent + step.received) / _MEGA:.1f}",
        ]
        for step in steps
    ]
    return markdown_table(["process", "what", "from s", "to s", "busy s", "calls", "MB"], rows)


def draw_waterfall(steps: Sequence[Step], path: Path) -> None:
    """The steps as bars over time, one row for each process."""
    from matplotlib.figure import Figure  # here: takes a second

    processes = list(dict.fromkeys(step.process for step in steps))
    labels = list(dict.fromkeys(step.label for step in steps))
    figure = Figure(figsize=(11, 0.6 * len(processes) + 1.8), layout="constrained")
    axes = figure.subplots()
    for number, label in enumerate(labels):
        chosen = [step for step in steps if step.label == label]
        axes.barh(
            [processes.index(step.process) for step in chosen],
            [step.end - step.start for step in chosen],
            left=[step.start for step in chosen],
            label=label,
            color=f"C{number % 10}",
            hatch="" if number < 10 else "//",  # matplotlib has ten colours
        )
    axes.set_yticks(range(len(processes)), processes)
    axes.invert_yaxis()
    axes.set_xlabel("seconds since the last checkpoint")
    figure.legend(loc="outside lower center", ncols=5, fontsize="small")
    figure.savefig(path, format=path.suffix.lstrip("."))
