import stat
from dataclasses import replace
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.adapter.adapter import Beta, Cue, Place
from glsmed.site_adapters.calibration.calibration_file import (
    CalibrationFile,
    ChosenStrengths,
    CueLevel,
    FamilyLevel,
    HeldOutLosses,
    LearnedModel,
    Level,
    fingerprint,
    load_calibration_file,
    save_calibration_file,
)


def level(mean: float = 0.25) -> Level:
    return Level(trials=4, successes=1, mean=mean, spread=0.1)


def content() -> CalibrationFile:
    cue = CueLevel(**level().model_dump(), family="doubt", prior=0.3, strength=4, fingerprint="0123456789ab")
    return CalibrationFile(
        adapter="st-mary",
        version=3,
        digest="ab12",
        reports=9,
        labels=8,
        hedged=4,
        strengths=ChosenStrengths(family=1, cue=1, finding=1e6),
        held_out=HeldOutLosses(folds=10, prior=0.5, default=0.4, chosen=0.4),
        unmentioned=level(0.01),
        families={"doubt": FamilyLevel(trials=4, shift=-0.25)},
        cues={"possible": cue, "true": cue, "probable+negated": cue},
        cues_by_finding={"possible": {"effusion": level(), "null": level()}},
        learned=LearnedModel(
            used=True, held_out=0.3, beta=0.4, inverse_penalty=0.1, intercept=-1, weights={"cue=possible": 1e-06}
        ),
    )


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    save_calibration_file(tmp_path / "c.yaml", content())
    assert load_calibration_file(tmp_path / "c.yaml") == content()


def test_a_file_without_held_out_losses_and_findings_can_be_loaded(tmp_path: Path) -> None:
    bare = content().model_copy(update={"held_out": None, "cues_by_finding": {}, "learned": None})
    save_calibration_file(tmp_path / "c.yaml", bare)
    assert load_calibration_file(tmp_path / "c.yaml") == bare


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    save_calibration_file(tmp_path / "c.yaml", content())
    assert stat.S_IMODE((tmp_path / "c.yaml").stat().st_mode) == 0o600


CUE = Cue(
    id="possible",
    kind="uncertainty",
    phrases=("possible", "may be"),
    scope="both",
    prior=Beta(0.33, 4),
    family="possibility",
    reach=None,
    source="somebody",
    examples=(),
    place=Place("a.yaml", 3, "cues[0]", inherited=False),
)


@pytest.mark.parametrize(
    "other",
    [
        replace(CUE, id="perhaps"),
        replace(CUE, kind="differential"),
        replace(CUE, phrases=("possible",)),
        replace(CUE, scope="forward"),
        replace(CUE, reach=5),
        replace(CUE, family="doubt"),
        replace(CUE, prior=Beta(0.34, 4)),
        replace(CUE, prior=Beta(0.33, 5)),
        replace(CUE, prior=None),
    ],
)
def test_a_cue_that_means_something_else_has_another_fingerprint(other: Cue) -> None:
    assert fingerprint(other) != fingerprint(CUE)


def test_the_place_the_source_and_the_order_of_phrases_leave_the_fingerprint_alone() -> None:
    other = replace(CUE, place=Place("b.yaml", 9, "cues[7]", inherited=True), source=None, phrases=CUE.phrases[::-1])
    assert fingerprint(other) == fingerprint(CUE)


def test_each_cue_is_one_readable_line(tmp_path: Path) -> None:
    save_calibration_file(tmp_path / "c.yaml", content())
    line = next(line for line in (tmp_path / "c.yaml").read_text().splitlines() if line.startswith("  possible: "))
    assert line.startswith("  possible: {trials: 4.0, successes: 1.0, mean: 0.25, spread: 0.1, family: ")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mean: 0.25", "mean: 1.5", "mean"),
        ("family: ", "famly: ", "did you mean 'family'?"),
        ("format: 1", "format: 2", "format: expected 1, got 2"),
    ],
)
def test_a_spoiled_file_is_refused_with_the_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    save_calibration_file(tmp_path / "c.yaml", content())
    path = tmp_path / "c.yaml"
    path.write_text(
        path.read_text().replace(old, new, 1)
        if old != "family: "
        else path.read_text().replace(", family: ", ", famly: ", 1)
    )
    with pytest.raises(ConfigurationError) as caught:
        load_calibration_file(path)
    assert message in str(caught.value)
    assert "c.yaml:" in str(caught.value)
