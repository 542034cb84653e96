from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.resident.site_models import SiteModels
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import MismatchError, TrajectoryError, UnknownModelError, WireError
from glsmed.shared.protocol.messages import EvaluateTask, TrainTask
from glsmed.shared.protocol.study import FederationSection, Study
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import Arrays, Buffers, ModelLayout, Packed, packed_digest
from glsmed.shared.wire.precision import Precision

COUNT = 5000
FIRST: Arrays = {"w": np.zeros(COUNT, dtype=np.float32), "n": np.array([0])}
LAYOUT = ModelLayout(ModelManifest.of_arrays(FIRST))


def _study(precision: Precision) -> Study:
    return Study(study="doubt", findings=("effusion",), federation=FederationSection(precision=precision))


def _models(folder: Path, precision: Precision = "fp32") -> SiteModels:
    return SiteModels(StateFolder(folder), _study(precision), LAYOUT, FIRST)


def _arrays(value: float) -> Arrays:
    return {"w": np.full(COUNT, value, dtype=np.float32), "n": np.array([1])}


def _packed(value: float, precision: Precision = "fp32") -> Packed:
    return ModelForm.down(LAYOUT, precision).encode(LAYOUT.pack(_arrays(value)))


def _task(digest: str, model: Packed, *, keep: str = "") -> TrainTask:
    return TrainTask(
        study_digest="s",
        round=1,
        manifest_digest="m",
        model_digest=digest,
        keep_digest=keep,
        validate=False,
        model=model,
        control={},
    )


def _whole(value: float, *, keep: str = "") -> TrainTask:
    packed = _packed(value)
    return _task(packed_digest(packed), packed, keep=keep)


def _brief(value: float) -> TrainTask:
    return _task(packed_digest(_packed(value)), {})


def anything(_model: Buffers) -> None:
    """A site that answers about every model."""


def test_a_model_that_the_site_does_not_answer_about_is_not_kept(tmp_path: Path) -> None:
    def refuse(_model: Buffers) -> None:
        raise TrajectoryError("not of this study")

    models = _models(tmp_path)
    models.take(_whole(1), admit=anything)
    with pytest.raises(TrajectoryError):
        models.take(_whole(2), admit=refuse)
    assert float(models.take(_brief(1), admit=anything)["float32"][0]) == 1
    with pytest.raises(UnknownModelError):
        models.take(_brief(2), admit=anything)


def test_a_further_model_stays_where_it_is_asked_for(tmp_path: Path) -> None:
    models = _models(tmp_path)
    models.take(_whole(1), admit=anything)
    models.take(_whole(2), admit=anything, also_kept=packed_digest(_packed(1)))
    assert float(models.held(packed_digest(_packed(1)))["float32"][0]) == 1


def test_the_first_model_is_there_without_being_sent(tmp_path: Path) -> None:
    first = packed_digest(ModelForm.down(LAYOUT, "fp32").encode(LAYOUT.pack(FIRST)))
    assert _models(tmp_path).take(_task(first, {}), admit=anything)["float32"].tolist() == [0] * COUNT


def test_a_site_holds_the_last_model_and_the_best_and_no_other(tmp_path: Path) -> None:
    models = _models(tmp_path)
    models.take(_whole(1), admit=anything)
    models.take(_whole(2, keep=packed_digest(_packed(1))), admit=anything)
    models.take(_whole(3, keep=packed_digest(_packed(1))), admit=anything)
    again = _models(tmp_path)
    with pytest.raises(UnknownModelError):
        again.take(_brief(2), admit=anything)
    assert again.take(_brief(1), admit=anything)["float32"][0] == 1


def test_a_model_that_is_not_the_one_named_is_refused_and_not_kept(tmp_path: Path) -> None:
    models = _models(tmp_path)
    with pytest.raises(MismatchError, match="digest: expected"):
        models.take(_task(packed_digest(_packed(1)), _packed(2)), admit=anything)
    with pytest.raises(UnknownModelError):
        models.take(_brief(2), admit=anything)


def test_a_model_that_is_not_finite_is_refused_and_not_kept(tmp_path: Path) -> None:
    arrays = {**_arrays(1), "w": np.array([*[0.0] * (COUNT - 1), np.nan], dtype=np.float32)}
    values = {"float32": arrays["w"], "int64": arrays["n"]}
    packed = ModelForm.down(LAYOUT, "fp32").encode(values)
    models = _models(tmp_path)
    with pytest.raises(WireError, match="not finite"):
        models.take(_task(packed_digest(packed), packed), admit=anything)
    with pytest.raises(UnknownModelError):
        models.take(_task(packed_digest(packed), {}), admit=anything)


@pytest.mark.parametrize("damage", [lambda content: bytes(len(content)), lambda content: content[:-4], lambda _: b""])
def test_a_file_that_a_power_cut_damaged_is_no_model_that_the_site_holds(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    models = _models(tmp_path)
    models.take(_whole(1), admit=anything)
    for path in tmp_path.rglob("*.model"):
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnknownModelError):
        models.take(_brief(1), admit=anything)
    models.take(_whole(1), admit=anything)
    models.take(_brief(1), admit=anything)


def _before(precision: Precision) -> Buffers:
    form = ModelForm.down(LAYOUT, precision)
    return form.decode(_packed(1.0, precision))


def test_at_full_precision_the_whole_model_goes_back(tmp_path: Path) -> None:
    models = _models(tmp_path)
    packed = models.update(_before("fp32"), _arrays(1.5), round_number=1)
    assert models.up.decode(packed)["float32"][0] == 1.5


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_in_few_bits_the_change_goes_back(tmp_path: Path, precision: Precision) -> None:
    models = _models(tmp_path, precision)
    packed = models.update(_before(precision), _arrays(1.5), round_number=1)
    assert models.up.decode(packed)["float32"] == pytest.approx(0.5, rel=0.01)


def _sent(
    folder: Path, changes: Sequence[Arrays], rounds: Sequence[int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    total = np.zeros(COUNT, dtype=np.float32)
    for number, after in zip(rounds, changes, strict=True):
        models = _models(folder, "int8")  # as after a restart
        total += models.up.decode(models.update(_before("int8"), after, round_number=number))["float32"]
    return total


def test_what_rounding_loses_is_sent_later(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    afters = [{"w": (1 + random.normal(size=COUNT)).astype(np.float32), "n": np.array([1])} for _ in range(20)]
    wanted = sum(after["w"] - 1 for after in afters)
    step = 4 / 127  # the largest of 5000 normal values is near 4
    assert np.abs(_sent(tmp_path, afters, list(range(1, 21))) - wanted).max() < step


def test_a_round_that_is_repeated_sends_the_same_again(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    after = {"w": (1 + random.normal(size=COUNT)).astype(np.float32), "n": np.array([1])}
    _sent(tmp_path, [after], [1])
    models = _models(tmp_path, "int8")
    first = models.update(_before("int8"), after, round_number=2)
    again = _models(tmp_path, "int8").update(_before("int8"), after, round_number=2)
    assert packed_digest(first) == packed_digest(again)


def _of_peer(value: float, *, digest: str = "") -> EvaluateTask:
    packed = _packed(value)
    named = {"model_digest": digest or packed_digest(packed), "model": packed, "keep_digest": ""}
    return EvaluateTask(study_digest="s", round=1, manifest_digest="m", split="test", of_site="b", **named)  # type: ignore[arg-type]  # mixed values


def test_another_sites_model_is_looked_at_and_neither_kept_nor_in_the_way(tmp_path: Path) -> None:
    models = _models(tmp_path)
    models.take(_whole(1.0), admit=anything)
    assert float(models.look_at(_of_peer(2.0))["float32"][0]) == 2.0
    assert float(models.take(_brief(1.0), admit=anything)["float32"][0]) == 1.0
    with pytest.raises(UnknownModelError):
        models.take(_brief(2.0), admit=anything)


def test_another_sites_model_that_is_not_the_one_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MismatchError, match="digest"):
        _models(tmp_path).look_at(_of_peer(2.0, digest="0" * 64))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_change_is_of_the_floats_as_they_came(tmp_path: Path, precision: Precision) -> None:
    models = _models(tmp_path, precision)
    before = models.take(_task(packed_digest(_packed(1.001, precision)), _packed(1.001, precision)), admit=anything)
    np.testing.assert_array_equal(models.change(before, _arrays(1.5)), np.float32(1.5) - before["float32"])
