"""The three questions of secure aggregation, each answered through the egress policy."""

from collections.abc import Callable

from flwr.app import RecordDict

from glsmed.client.egress.masking.site_masking import SiteMasking
from glsmed.client.egress.policy import EgressPolicy
from glsmed.shared.errors import PrivacyError, SecureAggregationError
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import (
    KeysReply,
    KeysTask,
    SharesReply,
    SharesTask,
    UnmaskReply,
    UnmaskTask,
    require_same,
)
from glsmed.shared.secure_aggregation.masked_form import Counts
from glsmed.shared.secure_aggregation.signed_keys import COUNTS_ALONE, Adding


class MaskingTasks:
    """What the centre may ask of a site's masks.

    Args:
        masking: None at a site that sends its updates without masks.
        egress: the gate.
        study_digest: of the site's own study.yaml.
        counts: returns what the site has to train on now.
        adding: returns to which counts of a sum the site would add now.
    """

    def __init__(
        self,
        masking: SiteMasking | None,
        egress: EgressPolicy,
        *,
        study_digest: str,
        counts: Callable[[], Counts],
        adding: Callable[[KeysTask], Adding] = lambda _task: Adding(),
    ) -> None:
        self._masking = masking
        self._egress = egress
        self._study_digest = study_digest
        self._counts = counts
        self._adding = adding

    def keys(self, content: RecordDict) -> RecordDict:
        """Keys for a sum, if the site may send updates at all, or adds to the counts that are summed."""
        task = decode(content, KeysTask)
        masking, counts = self._asked(task), self._counts()
        adding = self._adding(task)
        if task.about in COUNTS_ALONE:
            _require_some(adding)
        else:
            self._egress.require_updates(counts.patients)
        sealed = masking.new_keys(task, counts, adding)
        return self._egress.release(KeysReply(study_digest=self._study_digest, round=task.round, sealed=sealed))

    def shares(self, content: RecordDict) -> RecordDict:
        """Boxes with shares of the site's secrets."""
        task = decode(content, SharesTask)
        sealed = self._asked(task).shared_out(task)
        return self._egress.release(SharesReply(study_digest=self._study_digest, round=task.round, sealed=sealed))

    def unmask(self, content: RecordDict) -> RecordDict:
        """One share for each site of the sum."""
        task = decode(content, UnmaskTask)
        sealed = self._asked(task).shares_for(task)
        note = f"helps to see the sum over {task.survivors}"
        return self._egress.release(
            UnmaskReply(study_digest=self._study_digest, round=task.round, sealed=sealed), note=note
        )

    def _asked(self, task: KeysTask | SharesTask | UnmaskTask) -> SiteMasking:
        require_same("study", expected=self._study_digest, got=task.study_digest)
        if self._masking is None:
            raise SecureAggregationError(
                "the centre asks for masks, and this site has no roster in use: approve the study's roster.yaml by "
                "the line `roster: roster.yaml` in config.yaml"
            )
        return self._masking


def _require_some(adding: Adding) -> None:
    if not adding.adds_to:
        raise PrivacyError(
            "this site adds no counts to the sum: federation.summed_metrics or egress.metrics lets none leave, or they "
            "would be about fewer than egress.min_patients patients"
        )
