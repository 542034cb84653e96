"""What may leave this site: nothing that is not allowed by name, and nothing before it is in the audit log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace

from flwr.app import Error, RecordDict
from flwr.common.constant import ErrorCode

from glsmed.client.egress.released_counts import ReleasedCounts
from glsmed.client.egress.site_numbers import Number
from glsmed.client.settings.config import EgressSection
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_from_json, counts_to_json
from glsmed.shared.errors import GlsmedError, PrivacyError
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import (
    CountsReply,
    EvaluationReply,
    HelloReply,
    KeysReply,
    MaskedCounts,
    MaskedEvaluation,
    MaskedUpdate,
    PriorReply,
    SharesReply,
    UnmaskReply,
    Update,
)
from glsmed.shared.protocol.metric_names import (
    DECISION_METRICS,
    EVALUATION_METRICS,
    Metrics,
    check_metrics,
    is_count,
    permission_of,
)
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.masked_form import MaskedForm
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.packed_model import packed_bytes, packed_digest

_Keys = KeysReply | SharesReply | UnmaskReply
_Masked = MaskedUpdate | MaskedEvaluation | MaskedCounts
SiteMessage = HelloReply | Update | EvaluationReply | CountsReply | PriorReply | _Masked | _Keys

_OWN_WORDS = frozenset({"", RELEASE, "validation", "test", "gold", "reports"})
_NOT_WORDS = ("counts", "sealed")  # fields whose content is checked instead, or is keys of this site alone
_WITHOUT_NUMBERS = (MaskedCounts, CountsReply, PriorReply, KeysReply, SharesReply, UnmaskReply, MaskedEvaluation)
_CUE_NUMBERS = ("trials", "successes")
_OF_THE_SITE = "site"  # numbers that are about no model
_KNOWN_ERRORS = frozenset({"builtins", "torch"})
# A mean with all its digits could tell a centre every label of a split, if it made its model for that purpose.
_DECIMALS = 3


class EgressPolicy:
    """The only gate: no message, number or error is sent that has not passed it.

    In a private study no number leaves but those of the final evaluation, which are made of noisy counts.

    Where ``model_updates`` is allowed, an update also carries how many labelled cells, patients, steps and seconds it
    took, which the centre needs to average it.
    """

    def __init__(
        self,
        settings: EgressSection,
        study: Study,
        form: ModelForm,
        *,
        site: str,
        audit: AuditLog,
        counts: ReleasedCounts,
        cue_words: Collection[str] = (),
        masks_updates: bool = False,
    ) -> None:
        self._settings = settings
        self._findings = study.findings
        self._compares = study.federation.cross_site_evaluation
        self._form = form
        self._words = _OWN_WORDS | {site, study.digest(), form.layout.manifest.digest()}
        self._audit = audit
        self._counts = counts
        self._is_private = study.training.privacy.is_on
        self._metrics_epsilon = study.training.privacy.metrics_epsilon
        self._masked_form = MaskedForm.of_updates(study, form.layout)
        self._scores_form = MaskedForm.of_evaluations(study)
        self._sums_metrics = study.federation.summed_metrics
        self._masks_updates = masks_updates
        self._cue_words = frozenset(cue_words)

    @property
    def audit(self) -> AuditLog:
        """The log of what leaves; the site writes it through this one object."""
        return self._audit

    @property
    def sends_evaluations(self) -> bool:
        """Whether any metric of a round's model may leave; if not, none need be computed for the centre."""
        return self._names_metrics and not self._is_private

    @property
    def sends_final_numbers(self) -> bool:
        """Whether any metric of the study's final model may leave; in a private study, out of noisy counts."""
        return self._names_metrics and (not self._is_private or self._metrics_epsilon > 0)

    @property
    def _names_metrics(self) -> bool:
        return any(metric in (*EVALUATION_METRICS, *DECISION_METRICS) for metric in self._settings.metrics)

    def require_updates(self, patients: int) -> None:
        """Raise unless a model trained on so many patients may be sent; ask before training, to spare it in vain.

        Raises:
            PrivacyError: model updates are not allowed, or there are too few patients.
        """
        if not self._settings.model_updates:
            raise PrivacyError("egress.model_updates is false in config.yaml: no trained model leaves this site")
        if patients < self._settings.min_patients:
            raise PrivacyError(f"{patients} patients to train on, egress.min_patients is {self._settings.min_patients}")

    def require_cue_counts(self) -> None:
        """Raise unless counts per cue may be sent; ask before computing them.

        Raises:
            PrivacyError: they may not.
        """
        if not self._settings.cue_counts:
            raise PrivacyError("egress.cue_counts is false in config.yaml: no counts leave this site")

    def release(
        self,
        message: SiteMessage,
        *,
        numbers: Mapping[str, Number] | None = None,
        validation: Mapping[str, Number] | None = None,
        local: Mapping[str, Number] | None = None,
        echo: str = "",
        note: str = "",
    ) -> RecordDict:
        """The message as records with those of the numbers that may go, once the audit log holds what is to be sent.

        Numbers that may not go are left out; counts go in steps (``ReleasedCounts``), all others with three decimals.
        Counts per cue go as they are, and stay as they were told until enough patients have changed.

        Args:
            message: what the site wants to send; it brings no numbers, and whether peers may see it is said here.
            numbers: what it could send as ``metrics``, by name; beside counts per cue, how many patients each is about.
            validation: what it could send as ``validation``, by name.
            local: what it could send as ``local``, by name, where the study compares.
            echo: a word of the centre's own that goes back to it.
            note: a line for whoever reads the audit log; it is not sent.

        Raises:
            PrivacyError: a word or array may not leave; nothing is sent.
            WireError: the message does not follow the protocol or the model manifest.
            OSError: the audit log cannot be written; nothing is sent.
        """
        digest = ""
        if not isinstance(message, SiteMessage):
            raise PrivacyError(f"refused to send a {type(message).__name__}: sites never send this type of message")
        words = self._words | {echo}
        if isinstance(message, Update | _Masked):
            self._check_update(message)
            digest = packed_digest(message.model)
            words |= {digest}
        if isinstance(message, MaskedUpdate):
            message = replace(message, seconds=_two_digits(message.seconds))
        if isinstance(message, Update):
            message = self._coarse(message)
            message = replace(message, show_to_peers=self._compares and self._settings.show_model_to_peers)
        _check_words(message, words)
        if self._is_private and not self._has_noisy_numbers(message):
            numbers, validation, local = {}, {}, {}
        message = self._with_metrics(message, numbers or {}, validation or {}, local or {})
        if isinstance(message, CountsReply):
            message = replace(message, counts=self._counts_to_tell(message.counts, numbers or {}))
        content = encode(message)
        self._audit.append("sent", {**_description(message, content, digest), **({"note": note} if note else {})})
        return content

    def release_error(self, error: Exception) -> Error:
        """What the centre learns of an error: the name of its class, and only of a class that this software knows.

        Raises:
            OSError: the audit log cannot be written; nothing is sent.
        """
        code = error_code(error)
        self._audit.append("sent_error", {"code": code})
        return Error(code=ErrorCode.CLIENT_APP_RAISED_EXCEPTION, reason=code)

    def _check_update(self, message: Update | _Masked) -> None:
        if isinstance(message, MaskedCounts):
            self.require_cue_counts()
            return  # of the length of the sum that the site agreed on
        if isinstance(message, MaskedEvaluation):
            self._scores_form.check(message.model)
            return
        if isinstance(message, MaskedUpdate):
            self._masked_form.check(message.model)
            return
        if self._masks_updates:
            raise PrivacyError("this site approved a roster: no update leaves it without masks")
        self.require_updates(message.training_patients)
        self._form.check(message.model)

    def _has_noisy_numbers(self, message: SiteMessage) -> bool:
        """Whether it is the one answer of a private study whose numbers are paid for."""
        return isinstance(message, EvaluationReply) and message.split == "test" and self._metrics_epsilon > 0

    def _may_go(self, key: str, patients: int) -> bool:
        return permission_of(key) in self._settings.metrics and patients >= self._settings.min_patients

    def _counts_to_tell(self, text: str, about: Mapping[str, Number]) -> str:
        """The counts that may leave by themselves; where metrics are summed, names and priors of cues alone."""
        counts = counts_from_json(text)
        if not self._sums_metrics:
            return counts_to_json(self.told_cue_counts(counts, about))
        self._check_cues(counts)
        if any(count.trials for count in counts):
            raise PrivacyError("federation.summed_metrics is true in study.yaml: counts per cue leave in sums only")
        return counts_to_json(counts)

    def told_cue_counts(self, counts: Sequence[CueCount], about: Mapping[str, Number]) -> list[CueCount]:
        """The counts as they may be told, or added to a sum: as they are, or as they were told before.

        Args:
            counts: of cues that every site knows by name.
            about: by cue, how many patients its counts are about.

        Raises:
            PrivacyError: a cue is this site's own or about too few patients, or no counts may leave.
        """
        self._check_cues(counts)
        for count in counts:
            if count.cue not in about or about[count.cue].patients < self._settings.min_patients:
                raise PrivacyError(f"{count.cue!r} is about fewer than {self._settings.min_patients} patients")
        exact = {
            f"{count.cue}/{name}": Number(getattr(count, name), about[count.cue].patients)
            for count in counts
            for name in _CUE_NUMBERS
        }
        told = self._counts.held(exact, of="cues")
        return [
            count.model_copy(update={name: int(told[f"{count.cue}/{name}"]) for name in _CUE_NUMBERS})
            for count in counts
        ]

    def _check_cues(self, counts: Sequence[CueCount]) -> None:
        self.require_cue_counts()
        for count in counts:
            if not {count.cue, count.family} <= self._cue_words:
                raise PrivacyError("the counts name a cue of this site's own: its name may not leave")

    def _with_metrics(
        self,
        message: SiteMessage,
        numbers: Mapping[str, Number],
        validation: Mapping[str, Number],
        local: Mapping[str, Number],
    ) -> SiteMessage:
        """The message with the numbers that may go; it brings none itself, since nobody has looked at those."""
        if isinstance(message, _WITHOUT_NUMBERS):
            return message
        given = _numbers_in(message)
        if given:
            raise PrivacyError(f"{next(iter(given))!r} may not leave: numbers are given beside a message, not in it")
        if isinstance(message, Update | MaskedUpdate):
            metrics = self._passed(numbers, of="training")
            return replace(message, metrics=metrics, validation=self._passed(validation, of="validation"))
        if isinstance(message, EvaluationReply):
            compared = self._passed(local if self._compares else {}, of="local")
            return replace(message, metrics=self._passed(numbers, of=message.split), local=compared)
        return replace(message, metrics=self._passed(numbers, of=_OF_THE_SITE))

    def _passed(self, numbers: Mapping[str, Number], *, of: str) -> Metrics:
        if self._sums_metrics and of != _OF_THE_SITE:  # numbers of a model: they leave in sums only
            return {}
        may_go = {key: one for key, one in numbers.items() if self._may_go(key, one.patients)}
        counts = self._counts.released({key: one for key, one in may_go.items() if is_count(key)}, of=of)
        metrics = {key: counts[key] if key in counts else round(one.value, _DECIMALS) for key, one in may_go.items()}
        check_metrics(metrics, self._findings)
        return metrics

    def _coarse(self, update: Update) -> Update:
        """The update with counts as they may leave, exact enough to weigh it by, and two digits of its seconds.

        In a private study the counts are expected draws, the same at every site.
        """
        if self._is_private:
            return replace(update, seconds=_two_digits(update.seconds))
        patients = update.training_patients
        counts = {"training_cells": Number(update.training_cells, patients), "patients": Number(patients, patients)}
        told = self._counts.released(counts, of="update")
        return replace(
            update,
            training_cells=int(told["training_cells"]),
            training_patients=int(told["patients"]),
            seconds=_two_digits(update.seconds),
        )


def _two_digits(seconds: float) -> float:
    """How long training took, as exactly as it may be told."""
    return float(f"{seconds:.2g}")


def _check_words(message: SiteMessage, words: Collection[str]) -> None:
    for field in fields(message):
        value = getattr(message, field.name)
        if isinstance(value, str) and value not in words and field.name not in _NOT_WORDS:
            raise PrivacyError(f"{type(message).__name__}: {field.name} is not a word that may leave this site")


def error_code(error: Exception) -> str:
    """The class of an error, for instance ``DataError``; ``UnexpectedError`` for those of other libraries."""
    if isinstance(error, GlsmedError):
        return error.code
    return type(error).__name__ if type(error).__module__.partition(".")[0] in _KNOWN_ERRORS else "UnexpectedError"


def _metrics(message: SiteMessage) -> Metrics:
    return {} if isinstance(message, _WITHOUT_NUMBERS) else message.metrics


def _numbers_in(message: HelloReply | Update | MaskedUpdate | EvaluationReply) -> Metrics:
    further = {Update: "validation", MaskedUpdate: "validation", EvaluationReply: "local"}.get(type(message))
    return {**message.metrics, **(getattr(message, further) if further else {})}


def _description(message: SiteMessage, content: RecordDict, digest: str) -> dict[str, object]:
    """What the audit log keeps of a message: every word and number, and the digest of the arrays."""
    head = dict(content.config_records["head"])
    description: dict[str, object] = {"message": type(message).__name__, **head, "metrics": dict(_metrics(message))}
    if isinstance(message, EvaluationReply) and message.local:
        description["local"] = dict(message.local)
    if isinstance(message, Update | MaskedUpdate):
        description["validation"] = dict(message.validation)
    if isinstance(message, Update | _Masked):
        description["arrays"] = len(message.model)
        description["bytes"] = packed_bytes(message.model)
        description["sha256"] = digest
    return description
