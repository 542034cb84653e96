import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from flwr.app import RecordDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glsmed.client.egress.policy import EgressPolicy
from glsmed.client.egress.released_counts import ReleasedCounts
from glsmed.client.egress.site_numbers import Number
from glsmed.client.settings.config import EgressSection
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_to_json
from glsmed.shared.errors import DataError, PrivacyError, WireError
from glsmed.shared.files.audit import AuditLog, verify
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import CountsReply, EvaluationReply, Hello, HelloReply, MaskedUpdate, Update
from glsmed.shared.protocol.metric_names import METRICS
from glsmed.shared.protocol.study import FederationSection, Study
from glsmed.shared.secure_aggregation.masked_form import MaskedForm
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ArraySpec, ModelManifest
from glsmed.shared.wire.packed_model import ModelLayout, Packed, as_array, packed_digest

STUDY = Study(study="doubt", findings=("effusion", "nodule"))
MANIFEST = ModelManifest((ArraySpec("w", (2,), "float32"),))
FORM = ModelForm.up(ModelLayout(MANIFEST), "fp32")
WEIGHTS = FORM.encode({"float32": np.array([1.5, -2.0], dtype=np.float32)})
MODEL = "ef" * 32
CANARY = "patient-4711 Ueda Hanako 胸水"
LOSS = {"loss": Number(0.5, 10)}
OPEN = EgressSection(model_updates=True, metrics=("auroc", "loss", "counts"), min_patients=10)


COMPARING = STUDY.model_copy(update={"federation": FederationSection(cross_site_evaluation=True)})


def policy(folder: Path, section: EgressSection = OPEN, study: Study = STUDY) -> EgressPolicy:
    counts = ReleasedCounts(StateFolder(folder), study.digest(), step=section.min_patients)
    return EgressPolicy(section, study, FORM, site="st-mary", audit=AuditLog(folder / "audit.jsonl"), counts=counts)


def update(**changes: object) -> Update:
    whole: dict[str, object] = {
        "study_digest": STUDY.digest(),
        "round": 1,
        "manifest_digest": MANIFEST.digest(),
        "model_digest": MODEL,
        "update_digest": packed_digest(WEIGHTS),
        "training_cells": 90,
        "training_patients": 10,
        "steps": 4,
        "seconds": 1.0,
        "reference": "",
        "metrics": {},
        "validation": {},
        "model": WEIGHTS,
    }
    return Update(**{**whole, **changes})  # type: ignore[arg-type]  # the test chooses the fields by name


def evaluation(**changes: object) -> EvaluationReply:
    whole: dict[str, object] = {
        "study_digest": STUDY.digest(),
        "round": 1,
        "manifest_digest": MANIFEST.digest(),
        "model_digest": MODEL,
        "split": "test",
        "reference": "gold",
        "metrics": {},
    }
    return EvaluationReply(**{**whole, **changes})  # type: ignore[arg-type]  # the test chooses the fields by name


def released_metrics(gate: EgressPolicy, numbers: Mapping[str, Number]) -> Mapping[str, float]:
    """What of the numbers leaves with an evaluation."""
    return decode(gate.release(evaluation(), numbers=numbers, echo=MODEL), EvaluationReply).metrics


def sent(folder: Path) -> list[dict[str, object]]:
    """The entries of the audit log."""
    log = folder / "audit.jsonl"
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def test_nothing_leaves_by_default(tmp_path: Path) -> None:
    closed = policy(tmp_path, EgressSection())
    with pytest.raises(PrivacyError, match=r"egress\.model_updates is false"):
        closed.release(update(training_patients=1000), echo=MODEL)
    assert sent(tmp_path) == []
    every = {name: Number(0.5, 1000) for name in METRICS}
    assert released_metrics(closed, every) == {}


def test_an_update_that_is_allowed_travels_whole(tmp_path: Path) -> None:
    content = policy(tmp_path).release(update(), numbers=LOSS, echo=MODEL)
    received = decode(content, Update)
    assert received.model == WEIGHTS
    assert received.metrics == {"loss": 0.5}


@pytest.mark.parametrize(("patients", "goes"), [(9, False), (10, True)])
def test_a_number_needs_enough_patients(tmp_path: Path, patients: int, *, goes: bool) -> None:
    assert bool(released_metrics(policy(tmp_path), {"auroc/effusion": Number(0.8, patients)})) is goes


@pytest.mark.parametrize("patients", [0, 9])
def test_a_model_needs_enough_patients(tmp_path: Path, patients: int) -> None:
    with pytest.raises(PrivacyError, match=rf"{patients} patients to train on, egress\.min_patients is 10"):
        policy(tmp_path).release(update(training_patients=patients), numbers=LOSS, echo=MODEL)
    assert sent(tmp_path) == []


@pytest.mark.parametrize(("section", "patients"), [(EgressSection(), 1000), (OPEN, 9)])
def test_a_site_can_ask_before_training_whether_a_model_may_leave(
    tmp_path: Path, section: EgressSection, patients: int
) -> None:
    with pytest.raises(PrivacyError):
        policy(tmp_path, section).require_updates(patients)
    policy(tmp_path).require_updates(10)
    assert sent(tmp_path) == []


def test_only_metrics_that_are_named_may_go(tmp_path: Path) -> None:
    numbers = {key: Number(1.0, 100) for key in ("auroc/effusion", "brier/effusion", "loss", "patients", "invented")}
    assert set(released_metrics(policy(tmp_path), numbers)) == {"auroc/effusion", "loss", "patients"}


def test_numbers_go_with_three_decimals_and_counts_in_steps(tmp_path: Path) -> None:
    numbers = {"auroc/effusion": Number(0.81249, 50), "loss": Number(-0.00051, 50), "n/effusion": Number(123456.0, 50)}
    expected = {"auroc/effusion": 0.812, "loss": -0.001, "n/effusion": 123450.0}
    assert released_metrics(policy(tmp_path), numbers) == expected


def test_a_note_is_in_the_log_and_not_in_the_message(tmp_path: Path) -> None:
    content = policy(tmp_path).release(evaluation(), echo=MODEL, note="requests left: 3")
    (entry,) = sent(tmp_path)
    assert entry["fields"]["note"] == "requests left: 3"  # type: ignore[index]  # JSON
    assert "requests left" not in str(content)


@pytest.mark.parametrize("message", [evaluation(metrics={"auroc/effusion": 0.8}), update(metrics={"loss": 0.5})])
def test_a_number_that_slipped_into_a_message_is_stopped(tmp_path: Path, message: EvaluationReply | Update) -> None:
    """Even one that could leave: nobody said how many patients it is about."""
    numbers = {"auroc/effusion": Number(0.8, 100), "loss": Number(0.5, 100)}
    with pytest.raises(PrivacyError, match="may not leave"):
        policy(tmp_path).release(message, numbers=numbers, echo=MODEL)
    assert sent(tmp_path) == []


@pytest.mark.parametrize("key", [f"auroc/{CANARY}", "auroc/pneumonia", "auroc/effusion/more"])
def test_the_name_of_a_finding_is_no_way_out(tmp_path: Path, key: str) -> None:
    with pytest.raises(WireError):
        policy(tmp_path).release(evaluation(), numbers={key: Number(1.0, 100)}, echo=MODEL)
    assert sent(tmp_path) == []


@pytest.mark.parametrize("key", [CANARY, "AUROC", "", "auroc "])
def test_the_name_of_a_number_is_no_way_out(tmp_path: Path, key: str) -> None:
    assert released_metrics(policy(tmp_path), {key: Number(1.0, 100)}) == {}
    (entry,) = sent(tmp_path)
    assert entry["fields"]["metrics"] == {}  # type: ignore[index]  # JSON


@pytest.mark.parametrize("value", [math.nan, math.inf, 2.0])
def test_a_number_that_cannot_be_what_its_name_says_is_stopped(tmp_path: Path, value: float) -> None:
    with pytest.raises(WireError):
        policy(tmp_path).release(evaluation(), numbers={"auroc/effusion": Number(value, 100)}, echo=MODEL)
    assert sent(tmp_path) == []


OWN_WORDS = {MODEL, RELEASE, "validation", "test", "gold", "reports", "st-mary", STUDY.digest(), MANIFEST.digest()}


@given(
    words=st.text(min_size=1).filter(lambda word: word not in OWN_WORDS),
    field=st.sampled_from(["study_digest", "manifest_digest", "model_digest", "split", "reference"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_word_leaves_that_is_not_the_studys_own(tmp_path: Path, words: str, field: str) -> None:
    with pytest.raises(PrivacyError, match=f"{field} is not a word that may leave"):
        policy(tmp_path).release(evaluation(**{field: words}), echo=MODEL)


@pytest.mark.parametrize("field", ["site", "release"])
def test_a_greeting_carries_no_free_text(tmp_path: Path, field: str) -> None:
    words = {"study_digest": STUDY.digest(), "site": "st-mary", "release": RELEASE, field: CANARY}
    with pytest.raises(PrivacyError, match=f"{field} is not a word"):
        policy(tmp_path).release(HelloReply(**words, sends_metrics=True, metrics={}))


@pytest.mark.parametrize(
    "model",
    [
        {**WEIGHTS, CANARY: WEIGHTS["float32"]},
        {CANARY: WEIGHTS["float32"]},
        {"float32": as_array(np.zeros(1000, dtype=np.float32))},
        {"float32": as_array(np.array([1, 2], dtype=np.int64))},
        {},
    ],
    ids=["one more", "another name", "another length", "another type", "none"],
)
def test_arrays_that_are_not_the_studys_model_stay(tmp_path: Path, model: Packed) -> None:
    with pytest.raises(WireError):
        policy(tmp_path).release(update(model=model), numbers=LOSS, echo=MODEL)
    assert sent(tmp_path) == []


def test_a_digest_that_is_not_that_of_the_model_stays(tmp_path: Path) -> None:
    with pytest.raises(PrivacyError, match="update_digest is not a word that may leave"):
        policy(tmp_path).release(update(update_digest="12" * 32), echo=MODEL)


def test_numbers_about_the_model_as_it_came_pass_the_same_gate(tmp_path: Path) -> None:
    numbers = {"auroc/effusion": Number(0.81249, 50), "brier/effusion": Number(0.1, 50), "auroc/nodule": Number(1, 9)}
    content = policy(tmp_path).release(update(reference="gold"), validation=numbers, echo=MODEL)
    assert decode(content, Update).validation == {"auroc/effusion": 0.812}


@pytest.mark.parametrize(("metrics", "sends"), [((), False), (("counts", "loss"), False), (("counts", "ece"), True)])
def test_a_site_knows_whether_any_metric_of_a_model_may_leave(
    tmp_path: Path, metrics: tuple[str, ...], *, sends: bool
) -> None:
    section = EgressSection(model_updates=True, metrics=metrics, min_patients=10)
    assert policy(tmp_path, section).sends_evaluations is sends


def test_only_messages_of_a_site_are_sent(tmp_path: Path) -> None:
    with pytest.raises(PrivacyError, match="refused to send a Hello"):
        policy(tmp_path).release(Hello(study_digest=STUDY.digest(), run="1"))  # type: ignore[arg-type]  # what is tested


def test_what_is_sent_is_in_the_log_first_word_for_word(tmp_path: Path) -> None:
    policy(tmp_path).release(update(), numbers=LOSS, echo=MODEL)
    (entry,) = sent(tmp_path)
    fields = entry["fields"]
    assert isinstance(fields, dict)
    assert entry["event"] == "sent"
    assert fields["message"] == "Update"
    assert fields["metrics"] == {"loss": 0.5}
    assert fields["training_cells"] == 90
    assert (fields["arrays"], fields["bytes"]) == (1, 8)
    assert fields["sha256"] == packed_digest(WEIGHTS)
    assert verify(tmp_path / "audit.jsonl").first_broken is None


def test_nothing_is_sent_that_cannot_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError("No space left on device")

    gate = policy(tmp_path)
    monkeypatch.setattr(AuditLog, "append", full)
    content: RecordDict | None = None
    with pytest.raises(OSError, match="No space left"):
        content = gate.release(update(), numbers=LOSS, echo=MODEL)
    assert content is None
    with pytest.raises(OSError, match="No space left"):
        gate.release_error(DataError("x"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError(CANARY), "DataError"),
        (ValueError(CANARY), "ValueError"),
        (json.JSONDecodeError(CANARY, CANARY, 0), "UnexpectedError"),
        (type(CANARY, (Exception,), {})(CANARY), "UnexpectedError"),
    ],
)
def test_of_an_error_only_its_class_leaves(tmp_path: Path, error: Exception, code: str) -> None:
    released = policy(tmp_path).release_error(error)
    assert released.reason == code
    assert CANARY not in (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
    assert [entry["event"] for entry in sent(tmp_path)] == ["sent_error"]


CUES = frozenset({"en/possible", "en/uncertainty"})


ABOUT = {"en/possible": Number(30, 30), "en/dr_smith": Number(30, 30)}


def counts(cue: str = "en/possible", *, trials: int = 30) -> CountsReply:
    count = CueCount(
        cue=cue, family="en/uncertainty", prior_mean=0.5, prior_strength=4, trials=trials, successes=trials // 2
    )
    return CountsReply(study_digest=STUDY.digest(), counts=counts_to_json([count]))


def counting_policy(folder: Path, *, cue_counts: bool = True) -> EgressPolicy:
    section = EgressSection(cue_counts=cue_counts, min_patients=10)
    log = AuditLog(folder / "audit.jsonl")
    told = ReleasedCounts(StateFolder(folder), STUDY.digest(), step=section.min_patients)
    return EgressPolicy(section, STUDY, FORM, site="st-mary", audit=log, counts=told, cue_words=CUES)


def test_counts_that_are_allowed_travel_and_are_in_the_log(tmp_path: Path) -> None:
    reply = counts()
    assert decode(counting_policy(tmp_path).release(reply, numbers=ABOUT), CountsReply) == reply
    (entry,) = sent(tmp_path)
    assert json.loads(entry["fields"]["counts"])[0]["trials"] == 30  # type: ignore[index]  # JSON


def test_no_counts_leave_by_default(tmp_path: Path) -> None:
    with pytest.raises(PrivacyError, match=r"egress\.cue_counts is false"):
        counting_policy(tmp_path, cue_counts=False).release(counts(), numbers=ABOUT)
    assert sent(tmp_path) == []


@pytest.mark.parametrize(
    ("cue", "patients", "said"),
    [
        ("en/dr_smith", 30, "a cue of this site's own"),
        ("en/possible", 9, "about fewer than 10 patients"),
        ("en/possible", None, "about fewer than 10 patients"),
    ],
)
def test_counts_of_own_cues_or_of_few_patients_stay(tmp_path: Path, cue: str, patients: int | None, said: str) -> None:
    about = {} if patients is None else {cue: Number(patients, patients)}
    with pytest.raises(PrivacyError, match=said):
        counting_policy(tmp_path).release(counts(cue), numbers=about)
    assert sent(tmp_path) == []


def test_a_text_among_the_counts_stays(tmp_path: Path) -> None:
    with pytest.raises(WireError):
        counting_policy(tmp_path).release(CountsReply(study_digest=STUDY.digest(), counts=CANARY))
    assert sent(tmp_path) == []


@pytest.mark.parametrize(
    ("study", "shows", "expected"), [(COMPARING, True, True), (COMPARING, False, False), (STUDY, True, False)]
)
@pytest.mark.parametrize("asked_for", [True, False])
def test_a_model_may_be_shown_where_study_and_site_say_so_and_the_log_tells(
    tmp_path: Path, study: Study, shows: bool, expected: bool, asked_for: bool
) -> None:
    gate = policy(tmp_path, OPEN.model_copy(update={"show_model_to_peers": shows}), study)
    message = update(study_digest=study.digest(), show_to_peers=asked_for)
    assert decode(gate.release(message, echo=MODEL), Update).show_to_peers is expected
    (entry,) = sent(tmp_path)
    assert dict(entry["fields"])["show_to_peers"] is expected  # type: ignore[call-overload]  # an object of JSON


@pytest.mark.parametrize(("study", "expected"), [(COMPARING, {"auroc/effusion": 0.812}), (STUDY, {})])
def test_numbers_of_the_local_model_go_only_where_the_study_compares(
    tmp_path: Path, study: Study, expected: Mapping[str, float]
) -> None:
    numbers = {
        "auroc/effusion": Number(0.81249, 10),
        "auroc/nodule": Number(0.9, 9),  # too few patients
        "brier/effusion": Number(0.1, 10),  # not named in the policy
    }
    message = evaluation(study_digest=study.digest())
    content = policy(tmp_path, study=study).release(message, numbers={}, local=numbers, echo=MODEL)
    assert decode(content, EvaluationReply).local == expected
    (entry,) = sent(tmp_path)
    assert dict(entry["fields"]).get("local", {}) == expected  # type: ignore[call-overload]  # an object of JSON


def test_local_numbers_that_nobody_looked_at_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PrivacyError, match="given beside a message"):
        policy(tmp_path, study=COMPARING).release(
            evaluation(study_digest=COMPARING.digest(), local={"auroc/effusion": 0.5}), echo=MODEL
        )


MASKED_FORM = MaskedForm(ModelLayout(MANIFEST))
MASKED_MODEL = MASKED_FORM.packed(np.arange(MASKED_FORM.size, dtype=np.uint32))


def masked_update(model: Packed = MASKED_MODEL) -> MaskedUpdate:
    return MaskedUpdate(
        study_digest=STUDY.digest(),
        round=1,
        manifest_digest=MANIFEST.digest(),
        model_digest=MODEL,
        update_digest=packed_digest(model),
        seconds=1.0,
        reference="",
        metrics={},
        validation={},
        model=model,
    )


def test_a_site_that_masks_lets_no_plain_update_out(tmp_path: Path) -> None:
    policy(tmp_path).release(update(), echo=MODEL)  # the control: a site without a roster
    counts = ReleasedCounts(StateFolder(tmp_path / "masked"), STUDY.digest(), step=OPEN.min_patients)
    audit = AuditLog(tmp_path / "a.jsonl")
    gate = EgressPolicy(OPEN, STUDY, FORM, site="st-mary", audit=audit, counts=counts, masks_updates=True)
    with pytest.raises(PrivacyError, match="no update leaves it without masks"):
        gate.release(update(), echo=MODEL)
    gate.release(masked_update(), echo=MODEL)


def test_a_plain_model_cannot_go_as_a_masked_one(tmp_path: Path) -> None:
    with pytest.raises(WireError, match="record 'model'"):
        policy(tmp_path).release(masked_update(WEIGHTS), echo=MODEL)


def test_numbers_beside_a_masked_update_pass_the_same_policy(tmp_path: Path) -> None:
    numbers = {"loss": Number(0.123456, 10), "patients": Number(10, 10)}
    sent_ = policy(tmp_path).release(masked_update(), numbers=numbers, echo=MODEL)
    assert dict(decode(sent_, MaskedUpdate).metrics) == {"loss": 0.123, "patients": 10}
    with pytest.raises(PrivacyError, match="not in it"):
        policy(tmp_path).release(dataclasses.replace(masked_update(), metrics={"loss": 0.5}), echo=MODEL)
