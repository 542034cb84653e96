from pathlib import Path

import pytest

from glsmed.client.egress.masking.masking_tasks import MaskingTasks
from glsmed.client.egress.policy import EgressPolicy
from glsmed.client.egress.released_counts import ReleasedCounts
from glsmed.client.settings.config import EgressSection
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import MismatchError, PrivacyError, SecureAggregationError
from glsmed.shared.files.audit import AuditLog, recorded
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import KeysReply, KeysTask
from glsmed.shared.secure_aggregation.masked_form import Counts
from glsmed.shared.secure_aggregation.signed_keys import SignedKeys
from glsmed.shared.wire.model_form import ModelForm
from tests.masked_sites import MODEL, layout_of, masking_of, roster_of, study_of

STUDY = study_of()
TASK = KeysTask(study_digest=STUDY.digest(), round=1, model_digest=MODEL, roster_digest=roster_of().digest())


def tasks(root: Path, *, patients: int = 40, has_roster: bool = True, model_updates: bool = True) -> MaskingTasks:
    settings = EgressSection.model_validate({"model_updates": model_updates, "min_patients": 10})
    form = ModelForm.up(layout_of(5), "fp32")
    counts = ReleasedCounts(StateFolder(root), STUDY.digest(), step=settings.min_patients)
    policy = EgressPolicy(settings, STUDY, form, site="ash", audit=AuditLog(root / "audit.jsonl"), counts=counts)
    masking = masking_of("ash", root, study=STUDY, roster=roster_of(), size=5) if has_roster else None
    return MaskingTasks(masking, policy, study_digest=STUDY.digest(), counts=lambda: Counts(200, patients))


def test_the_keys_that_leave_are_in_the_audit_log_first(tmp_path: Path) -> None:
    reply = decode(tasks(tmp_path).keys(encode(TASK)), KeysReply)
    assert SignedKeys.model_validate_json(reply.sealed).site == "ash"
    (sent,) = recorded(tmp_path / "audit.jsonl", "sent")
    assert (sent["message"], sent["sealed"]) == ("KeysReply", reply.sealed)


def test_a_site_without_a_roster_masks_nothing(tmp_path: Path) -> None:
    with pytest.raises(SecureAggregationError, match=r"roster: roster\.yaml"):
        tasks(tmp_path, has_roster=False).keys(encode(TASK))


@pytest.mark.parametrize(("patients", "model_updates"), [(9, True), (40, False)])
def test_a_site_that_may_send_no_update_makes_no_keys(tmp_path: Path, patients: int, *, model_updates: bool) -> None:
    with pytest.raises(PrivacyError, match="egress"):
        tasks(tmp_path, patients=patients, model_updates=model_updates).keys(encode(TASK))


def test_another_study_is_refused(tmp_path: Path) -> None:
    other = KeysTask(study_digest="cd" * 32, round=1, model_digest=MODEL, roster_digest=roster_of().digest())
    with pytest.raises(MismatchError, match="study"):
        tasks(tmp_path).keys(encode(other))
