"""The files of a comparison: a JSON and the answers of every run, and the truth of every trial."""

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glsmed.benchmarks.comparison.fitting import Answers, FitSettings
from glsmed.benchmarks.comparison.jobs import Job
from glsmed.benchmarks.comparison.trial import Part, Sizes
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import write_bytes, write_text
from glsmed.shared.metrics.finding_metrics import full_metrics
from glsmed.shared.metrics.macro import macro

KINDS = ("last", "last_mapped", "best", "best_mapped")
LAYOUT = 1
_JOB_KEYS = {"scenario": "world"}  # the file's own names


@dataclass(frozen=True, slots=True)
class TestSet:
    """The test examinations of a trial.

    Attributes:
        truth: ``(M, K)`` in {0, 1}; hedged ``(M, K)`` bool; site ``(M,)`` numbers into sites.
    """

    findings: tuple[str, ...]
    sites: tuple[str, ...]
    truth: NDArray[np.float64]
    hedged: NDArray[np.bool_]
    site: NDArray[np.int64]


class Results:
    """A folder of runs. Everything is written whole or not at all, so that a killed comparison can go on."""

    def __init__(self, folder: Path, sizes: Sizes, settings: FitSettings) -> None:
        self.folder = folder
        self._made_with = json.loads(json.dumps({"layout": LAYOUT, "sizes": asdict(sizes), "fit": asdict(settings)}))

    def has(self, job: Job) -> bool:
        """Whether the job is done, with these very settings."""
        path = self._run(job)
        if not path.is_file():
            return False
        return bool(json.loads(path.read_text(encoding="utf-8"))["made_with"] == self._made_with)

    def keep_test_set(self, job: Job, findings: tuple[str, ...], sites: tuple[str, ...], test: Part) -> None:
        """Write the test examinations of the job's trial."""
        arrays = {"truth": test.truth.numpy(), "hedged": test.hedged.numpy(), "site": test.site.numpy()}
        names = {"findings": np.array(findings), "sites": np.array(sites)}
        write_bytes(self.folder / "trials" / f"{job.trial}.npz", _npz({**arrays, **names}))

    def keep(self, job: Job, answers: Answers, test: TestSet, *, seconds: float, chosen: str) -> None:
        """Write the answers, then the JSON that says the job is done."""
        kept = {kind: getattr(answers, kind).numpy().astype(np.float32) for kind in KINDS}
        write_bytes(self.folder / "answers" / f"{job.name}.npz", _npz(kept))
        content = {
            "made_with": self._made_with,
            "job": {_JOB_KEYS.get(name, name): value for name, value in asdict(job).items()},
            "seconds": round(seconds, 2),
            "best_epoch": answers.best_epoch,
            "validation_auroc": answers.validation_auroc,
            "largest_logit": answers.largest_logit,
            "chosen": chosen,
            "notes": answers.notes,
            "metrics": _metrics_by_kind(kept, test),
        }
        write_text(self._run(job), json.dumps(content, indent=1) + "\n")

    def test_set(self, job: Job) -> TestSet:
        """The test examinations of the job's trial."""
        with np.load(self.folder / "trials" / f"{job.trial}.npz", allow_pickle=False) as stored:
            return TestSet(
                findings=tuple(stored["findings"].tolist()),
                sites=tuple(stored["sites"].tolist()),
                truth=stored["truth"].astype(np.float64),
                hedged=stored["hedged"],
                site=stored["site"],
            )

    def answers(self, job: Job, kind: str) -> NDArray[np.float64]:
        """``(M, K)`` probabilities of one kind of :data:`KINDS`."""
        with np.load(self.folder / "answers" / f"{job.name}.npz", allow_pickle=False) as stored:
            return np.asarray(stored[kind], dtype=np.float64)

    def content(self, job: Job) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
        """The metrics of a run: by kind, by subset (see :func:`run_metrics`), by finding.

        Raises:
            DataError: the run is not there.
        """
        metrics: dict[str, dict[str, dict[str, dict[str, float]]]] = self._kept(job)["metrics"]
        return metrics

    def chosen(self, job: Job) -> str:
        """Which candidate of the method the run trained, as the catalogue describes it."""
        return str(self._kept(job)["chosen"])

    def largest_logit(self, job: Job) -> float | None:
        """The largest size of a logit on the run's test examinations; None of a run from before this was kept."""
        size: float | None = self._kept(job).get("largest_logit")
        return size

    def _kept(self, job: Job) -> dict[str, Any]:
        if not self._run(job).is_file():
            raise DataError(f"{self._run(job)}: this run is missing")
        content: dict[str, Any] = json.loads(self._run(job).read_text(encoding="utf-8"))
        return content

    def _run(self, job: Job) -> Path:
        return self.folder / "runs" / f"{job.name}.json"


def _metrics_by_kind(
    kept: dict[str, NDArray[np.float32]], test: TestSet
) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """Metrics by kind; where there is no map the raw ones are not measured twice."""
    measured = {kind: run_metrics(kept[kind], test) for kind in ("last", "best")}
    for raw in ("last", "best"):
        kind = f"{raw}_mapped"
        same = np.array_equal(kept[raw], kept[kind])
        measured[kind] = measured[raw] if same else run_metrics(kept[kind], test)
    return measured


def run_metrics(probability: NDArray[np.floating], test: TestSet) -> dict[str, dict[str, dict[str, float]]]:
    """Metrics by subset, ``all``, ``hedged`` or the name of a site, then by finding and ``macro``.

    ``hedged`` holds the cells whose report is in doubt, scored on the truth.
    """
    subsets = {"all": np.ones_like(test.hedged), "hedged": test.hedged}
    for number, site in enumerate(test.sites):
        subsets[site] = np.repeat((test.site == number)[:, None], test.truth.shape[1], axis=1)
    return {name: _by_finding(probability, test, chosen) for name, chosen in subsets.items()}


def _by_finding(
    probability: NDArray[np.floating], test: TestSet, chosen: NDArray[np.bool_]
) -> dict[str, dict[str, float]]:
    result = {}
    for column, finding in enumerate(test.findings):
        rows = chosen[:, column]
        if rows.any():
            result[finding] = full_metrics(_tensor(probability[rows, column]), _tensor(test.truth[rows, column]))
    return {**result, "macro": macro(result)} if result else {}


def _tensor(values: NDArray[np.floating]) -> Tensor:
    return torch.from_numpy(np.asarray(values, dtype=np.float64))


def _npz(arrays: dict[str, NDArray[np.generic]]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()
