"""What may leave this site. Everything that is not allowed by name stays, and what goes is in the audit log first."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

from flwr.app import Error, RecordDict
from flwr.common.constant import ErrorCode

from glsmed.client.settings.config import EgressSection
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_from_json
from glsmed.shared.errors import GlsmedError, PrivacyError
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import Arrays, CountsReply, EvaluationReply, HelloReply, PriorReply, Update
from glsmed.shared.protocol.metric_names import COUNT_PERMISSION, Metrics, check_metrics, permission_of
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import Study

SiteMessage = HelloReply | Update | EvaluationReply | CountsReply | PriorReply

_OWN_WORDS = frozenset({RELEASE, "validation", "test", "gold", "reports"})
_COUNTS = "counts"  # the one field that is checked by what it holds
_KNOWN_ERRORS = frozenset({"builtins", "torch"})
# With all its digits, a single mean could carry every label of a split to a centre that made its model for that.
_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Number:
    """A number that could be sent, and how many patients it is about.

    A number that sets two groups of patients against each other (positives, auroc, auprc) is about the smaller group.
    """

    value: float
    patients: int


class EgressPolicy:
    """The one gate: a message, number or error that has not passed it is not sent.

    Where ``model_updates`` is allowed, an update carries beside the model how many labelled cells, gradient steps and
    seconds it took, since it cannot be averaged without.
    """

    def __init__(
        self,
        settings: EgressSection,
        study: Study,
        manifest: ModelManifest,
        *,
        site: str,
        audit: AuditLog,
        cue_words: Collection[str] = (),
    ) -> None:
        self._settings = settings
        self._findings = study.findings
        self._manifest = manifest
        self._words = _OWN_WORDS | {site, study.digest(), manifest.digest()}
        self._audit = audit
        self._cue_words = frozenset(cue_words)

    def permitted(self, numbers: Mapping[str, Number]) -> Metrics:
        """Those of the numbers that may be sent, by name; all but counts have three decimals."""
        allowed = {key: number for key, number in numbers.items() if self._may_go(key, number.patients)}
        return {key: _coarse(key, number.value) for key, number in allowed.items()}

    def require_updates(self, patients: int) -> None:
        """Return if a model trained on so many patients may be sent.

        Raises:
            PrivacyError: model updates are not allowed, or there are too few patients.
        """
        if not self._settings.model_updates:
            raise PrivacyError("egress.model_updates is false in config.yaml: no trained model leaves this site")
        if patients < self._settings.min_patients:
            raise PrivacyError(f"{patients} patients to train on, egress.min_patients is {self._settings.min_patients}")

    def release(self, message: SiteMessage, *, patients: Mapping[str, int], note: str = "") -> RecordDict:
        """The message as records, once all of it is allowed and the audit log holds what is about to be sent.

        Args:
            message: what the site wants to send.
            patients: how many patients each number, and ``model``, is about.
            note: a line for whoever reads the audit log; it is not sent.

        Raises:
            PrivacyError: a word, number or array may not leave; nothing is sent.
            WireError: the message does not follow the protocol or the manifest.
            OSError: the audit log cannot be written; nothing is sent.
        """
        if not isinstance(message, SiteMessage):
            raise PrivacyError(f"a {type(message).__name__} is no message of a site")
        self._check_words(message)
        self._check_numbers(_metrics(message), patients)
        if isinstance(message, CountsReply):
            self._check_counts(counts_from_json(message.counts))
        if isinstance(message, Update):
            self.require_updates(patients.get("model", 0))
            self._manifest.check(message.model)
        content = encode(message)
        self._audit.append("sent", {**_description(message, content), **({"note": note} if note else {})})
        return content

    def release_error(self, error: Exception) -> Error:
        """What the centre learns of an error: the name of its class, and only of classes that this software knows.

        Raises:
            OSError: the audit log cannot be written; nothing is sent.
        """
        code = error_code(error)
        self._audit.append("sent_error", {"code": code})
        return Error(code=ErrorCode.CLIENT_APP_RAISED_EXCEPTION, reason=code)

    def _may_go(self, key: str, patients: int) -> bool:
        return permission_of(key) in self._settings.metrics and patients >= self._settings.min_patients

    def _check_words(self, message: SiteMessage) -> None:
        for field in fields(message):
            value = getattr(message, field.name)
            if isinstance(value, str) and value not in self._words and field.name != _COUNTS:
                raise PrivacyError(f"{type(message).__name__}: {field.name} is not a word that may leave this site")

    def _check_counts(self, counts: Sequence[CueCount]) -> None:
        """Only cues that every site knows by name, each over enough labels, and only where the site allows it."""
        self.require_cue_counts()
        for count in counts:
            if not {count.cue, count.family} <= self._cue_words:
                raise PrivacyError("a cue of this site's own stands among the counts: its name may not leave")
            if count.trials < self._settings.min_patients:
                raise PrivacyError(f"{count.cue!r} has fewer than {self._settings.min_patients} labels")

    def require_cue_counts(self) -> None:
        """Return if counts per cue may be sent.

        Raises:
            PrivacyError: they may not.
        """
        if not self._settings.cue_counts:
            raise PrivacyError("egress.cue_counts is false in config.yaml: no counts leave this site")

    def _check_numbers(self, metrics: Metrics, patients: Mapping[str, int]) -> None:
        check_metrics(metrics, self._findings)
        for key in metrics:
            if not self._may_go(key, patients.get(key, 0)):
                raise PrivacyError(
                    f"{key!r} may not leave: egress.metrics does not name it, or it is about fewer than "
                    f"{self._settings.min_patients} patients"
                )
            if metrics[key] != _coarse(key, metrics[key]):
                raise PrivacyError(f"{key!r} has more than {_DECIMALS} decimals")


def error_code(error: Exception) -> str:
    """The class of an error, for instance ``DataError``; ``UnexpectedError`` for one of any other library."""
    if isinstance(error, GlsmedError):
        return error.code
    return type(error).__name__ if type(error).__module__.partition(".")[0] in _KNOWN_ERRORS else "UnexpectedError"


def _coarse(key: str, value: float) -> float:
    """The number as it may be sent: counts as they are, all others rounded."""
    is_count = permission_of(key) == COUNT_PERMISSION
    return value if is_count else round(value, _DECIMALS)


def _metrics(message: SiteMessage) -> Metrics:
    return {} if isinstance(message, CountsReply | PriorReply) else message.metrics


def _description(message: SiteMessage, content: RecordDict) -> dict[str, object]:
    """What the audit log keeps of a message: every word and number, and the hash of the arrays."""
    head = dict(content.config_records["head"])
    description: dict[str, object] = {"message": type(message).__name__, **head, "metrics": dict(_metrics(message))}
    if isinstance(message, Update):
        description["arrays"] = len(message.model)
        description["bytes"] = sum(array.nbytes for array in message.model.values())
        description["sha256"] = arrays_digest(message.model)
    return description


def arrays_digest(arrays: Arrays) -> str:
    """SHA-256 over names and values in order, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(name.encode() + b"\0")
        digest.update(array.tobytes())
    return digest.hexdigest()
