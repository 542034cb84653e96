"""The seconds that merging updates takes alone, beside reading the same arrays once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glsmed.benchmarks.rounds_cost.instruments.timings import steady
from glsmed.benchmarks.rounds_cost.light_sites.made_up_model import made_up_model
from glsmed.server.folders.model_file import ModelFile, write_arrays
from glsmed.server.folders.rule_state import RuleState
from glsmed.server.strategies.mean import MeanRule
from glsmed.server.strategies.rule import UpdateFacts
from glsmed.server.updates.aggregation import Merge
from glsmed.server.updates.checked_update import CheckedUpdate, SiteModel
from glsmed.shared.protocol.model_form import ModelForm
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.packed_model import FLOAT, ModelLayout

_BUFFER_BYTES = 2**20
_REPEATS = 3
_CELLS = 10


@dataclass(frozen=True, slots=True)
class AggregationSettings:
    """How many updates of which size."""

    sites: int
    model_megabytes: float


def measure_aggregation(folder: Path, settings: AggregationSettings) -> dict[str, object]:
    """Seconds to merge updates that lie on the disk, and to read them; all of it from the page cache.

    The merged model is made and thrown away: writing it is the checkpoint's work.
    """
    base, *updates = _write_models(folder, settings)
    seconds: dict[str, list[float]] = {"bytes": [], "arrays": [], "merge": []}
    for _ in range(_REPEATS + 1):  # the first of each warms up
        seconds["bytes"].append(_seconds_to_read_bytes(updates))
        seconds["arrays"].append(_seconds_to_read_arrays(updates))
        seconds["merge"].append(_seconds_to_merge(base, updates, folder))
    bytes_, arrays, merge = (steady(values) for values in seconds.values())
    return {
        "sites": settings.sites,
        "model_megabytes": settings.model_megabytes,
        "reading_bytes_seconds": bytes_.figures(),
        "reading_arrays_seconds": arrays.figures(),
        "aggregation_seconds": merge.figures(),
        "aggregation_over_reading_bytes": round(merge.median / bytes_.median, 3),
        "aggregation_over_reading_arrays": round(merge.median / arrays.median, 3),
    }


def _write_models(folder: Path, settings: AggregationSettings) -> list[ModelFile]:
    """The model that the round begins with, and a little changed one from each site."""
    model = made_up_model(settings.model_megabytes)
    layout = ModelLayout(ModelManifest.of_arrays(model))
    files = []
    for number in range(settings.sites + 1):
        factor = np.float32(1 + number * 1e-4)
        arrays = {name: np.multiply(array, factor, dtype=np.float32) for name, array in model.items()}
        files.append(write_arrays(folder / f"{number}.safetensors", arrays, layout, {}))
    return files


def _seconds_to_read_bytes(files: Sequence[ModelFile]) -> float:
    """Every byte once, into the same small buffer."""
    buffer = bytearray(_BUFFER_BYTES)
    started = time.perf_counter()
    for file in files:
        with file.path.open("rb", buffering=0) as source:
            while source.readinto(buffer):
                pass
    return time.perf_counter() - started


def _seconds_to_read_arrays(files: Sequence[ModelFile]) -> float:
    """Every update whole into memory as an array, one after the other."""
    started = time.perf_counter()
    for file in files:
        np.fromfile(file.path, dtype=np.float32, offset=file.offset)
    return time.perf_counter() - started


def _seconds_to_merge(base: ModelFile, files: Sequence[ModelFile], folder: Path) -> float:
    updates = [_checked(base, file) for file in files]
    rule = MeanRule()
    merge = Merge(base, updates, rule.weights([update.facts for update in updates]))
    started = time.perf_counter()
    with RuleState(folder, rule.state_arrays, after=0, to=1, count=base.layout.lengths[FLOAT]) as state:
        for stretches in merge.stretches(rule, state).values():
            for _ in stretches:
                pass
    return time.perf_counter() - started


def _checked(base: ModelFile, file: ModelFile) -> CheckedUpdate:
    """A site's model as an update that has passed all checks."""
    form = ModelForm.up(base.layout, "fp32")
    facts = UpdateFacts(site=file.path.stem, cells=_CELLS, patients=1, steps=1, norm=1.0)
    return CheckedUpdate(facts=facts, floats=SiteModel.of(form, file.packed(), base.floats()), payload=file.packed())
