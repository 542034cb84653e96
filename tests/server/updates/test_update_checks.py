import dataclasses
from pathlib import Path

import numpy as np
import pytest

from glsmed.server.folders.model_file import ModelFile, write_arrays
from glsmed.server.strategies.rule import UpdateFacts
from glsmed.server.updates.update_checks import ReplyChecks, TrainRequest
from glsmed.shared.errors import UpdateRefusedError
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, TrainTask, Update
from glsmed.shared.protocol.study import FederationSection, Study, TrainingSection
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import Arrays, ModelLayout, Packed, as_array, packed_digest
from glsmed.shared.wire.precision import Precision

OLD: Arrays = {"w": np.array([3.0, 4.0], dtype=np.float32), "steps": np.array(5)}
NEW: Arrays = {"w": np.array([3.0, 4.5], dtype=np.float32), "steps": np.array(15)}
LAYOUT = ModelLayout(ModelManifest.of_arrays(OLD))
BOUNDS = {"min_training_cells": 2, "max_cells_per_site": 100, "max_update_norm": 5.0}
ECHO = {"study_digest": "ab", "round": 3, "manifest_digest": "cd", "model_digest": "ef"}
EVALUATE = EvaluateTask(split="test", keep_digest="", model={}, **ECHO)  # type: ignore[arg-type]  # mixed values
REPLY = EvaluationReply(split="test", reference="gold", metrics={"auroc/effusion": 0.9}, **ECHO)  # type: ignore[arg-type]  # likewise


def _study(precision: Precision = "fp32", **bounds: float | None) -> Study:
    return Study(
        study="doubt",
        findings=("effusion",),
        training=TrainingSection(steps_per_round=10),
        federation=FederationSection(**{**BOUNDS, "precision": precision, **bounds}),  # type: ignore[arg-type]  # mixed
    )


def _packed(arrays: Arrays) -> Packed:
    return ModelForm.up(LAYOUT, "fp32").encode(LAYOUT.pack(arrays))


def _update(packed: Packed, **words: object) -> Update:
    good = Update(
        update_digest=packed_digest(packed),
        training_cells=40,
        training_patients=20,
        steps=10,
        seconds=0.5,
        reference="gold",
        metrics={"loss": 0.7},
        validation={"auroc/effusion": 0.8},
        model=packed,
        **ECHO,  # type: ignore[arg-type]  # a dict of mixed values
    )
    return dataclasses.replace(good, **words)  # type: ignore[arg-type]  # any field


@pytest.fixture
def request_of(tmp_path: Path) -> TrainRequest:
    model: ModelFile = write_arrays(tmp_path / "m.safetensors", OLD, LAYOUT, {})
    task = TrainTask(keep_digest="", validate=True, model={}, control={}, **ECHO)  # type: ignore[arg-type]  # mixed
    return TrainRequest(task, model, model.floats())


def test_a_good_update_is_known_by_its_numbers(request_of: TrainRequest) -> None:
    checked = ReplyChecks(_study(), LAYOUT).checked("a", _update(_packed(NEW)), request_of, staleness=2)
    assert checked.facts == UpdateFacts("a", cells=40, patients=20, steps=10, norm=0.5, staleness=2)
    assert checked.floats.change(0, 2).tolist() == [0.0, 0.5]


def test_a_good_evaluation_passes() -> None:
    ReplyChecks(_study(), LAYOUT).check_evaluation(REPLY, EVALUATE)


def _with(name: str, values: list[float] | None, dtype: str = "float32") -> Packed:
    packed = dict(_packed(NEW))
    if values is None:
        del packed[name]
    else:
        packed[name] = as_array(np.array(values, dtype=dtype))
    return packed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"study_digest": "other"}, "study: expected 'ab'"),
        ({"round": 2}, "round: expected 3, got 2"),
        ({"manifest_digest": "other"}, "manifest: expected 'cd'"),
        ({"model_digest": "other"}, "model: expected 'ef'"),
        ({"update_digest": "0" * 64}, "digest: expected "),
        ({"training_cells": -5}, "training cells: expected 2 to 100, got -5"),
        ({"training_cells": 1}, "training cells: expected 2 to 100, got 1"),
        ({"training_cells": 1_000_000_000}, "training cells: expected 2 to 100, got 1000000000"),
        ({"training_patients": 0}, "training patients: expected 1 to 40, got 0"),
        ({"training_patients": 41}, "training patients: expected 1 to 40, got 41"),
        ({"steps": 0}, "steps: expected 1 to 10, got 0"),
        ({"steps": 11}, "steps: expected 1 to 10, got 11"),
        ({"seconds": -1.0}, "seconds: expected 0 or more, got -1.0"),
        ({"metrics": {"auroc/hernia": 0.5}}, "'auroc/hernia' is not a metric of this study"),
        ({"validation": {"auroc/smith": 0.5}}, "'auroc/smith' is not a metric of this study"),
        ({"reference": "hearsay"}, "reference: expected gold or reports, got 'hearsay'"),
    ],
)
def test_an_update_that_says_something_else_is_refused(
    request_of: TrainRequest, words: dict[str, object], said: str
) -> None:
    with pytest.raises(UpdateRefusedError, match=said):
        ReplyChecks(_study(), LAYOUT).checked("a", _update(_packed(NEW), **words), request_of)


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (_with("int64", None), "buffer 'int64' is missing"),
        (_with("extra", [1.0]), "'extra' is not a buffer of the study's model"),
        (_with("float32", [1.0]), r"buffer 'float32': expected float32 \(2,\)"),
        (_with("float32", [3.0, 4.5], "float64"), r"buffer 'float32': .* got float64"),
        (_with("float32", [np.nan, 0]), "it holds values that are not finite"),
        (_with("float32", [0, np.inf]), "it holds values that are not finite"),
        (_with("float32", [3, 4 + 5.1]), "max_update_norm 5.0, got 5.1"),
        (_with("float32", [1e30, 0]), r"max_update_norm 5.0, got 1e\+30"),
    ],
)
def test_a_model_that_must_not_count_is_refused(request_of: TrainRequest, packed: Packed, said: str) -> None:
    with pytest.raises(UpdateRefusedError, match=said):
        ReplyChecks(_study(), LAYOUT).checked("a", _update(packed), request_of)


def test_bytes_that_say_less_than_their_length_are_refused(request_of: TrainRequest) -> None:
    packed = _packed(NEW)
    packed["float32"].data = packed["float32"].data[:-1]
    with pytest.raises(UpdateRefusedError, match="in 7 bytes"):
        ReplyChecks(_study(), LAYOUT).checked("a", _update(packed), request_of)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"round": 4}, "round: expected 3"),
        ({"model_digest": "other"}, "model: expected 'ef'"),
        ({"split": "validation"}, "split: expected 'test'"),
        ({"metrics": {"auroc/smith": 0.5}}, "not a metric of this study"),
        ({"local": {"auroc/effusion": 2.0}}, "expected 0 to 1, got 2.0"),
        ({"reference": "guess"}, "reference: expected gold or reports, got 'guess'"),
    ],
)
def test_metrics_that_answer_something_else_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(UpdateRefusedError, match=said):
        ReplyChecks(_study(), LAYOUT).check_evaluation(dataclasses.replace(REPLY, **change), EVALUATE)  # type: ignore[arg-type]  # any field


def test_without_a_bound_any_finite_norm_passes(request_of: TrainRequest) -> None:
    free = ReplyChecks(_study(max_update_norm=None), LAYOUT)
    checked = free.checked("a", _update(_with("float32", [1e30, 0])), request_of)
    assert checked.facts.norm == pytest.approx(1e30)


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_in_few_bits_a_change_is_what_is_sent_and_bounded(request_of: TrainRequest, precision: Precision) -> None:
    change = {"float32": np.array([0.0, 4.0], dtype=np.float32), "int64": np.array([15])}
    packed = ModelForm.up(LAYOUT, precision).encode(change)
    checked = ReplyChecks(_study(precision), LAYOUT).checked("a", _update(packed), request_of)
    assert checked.facts.norm == pytest.approx(4.0, rel=0.01)
    base = np.array([3.0, 4.0], dtype=np.float32)
    model = np.empty(2, dtype=np.float32)
    checked.floats.model_into(0, model, base=base, is_present=True)
    assert model == pytest.approx([3.0, 8.0], rel=0.01)
