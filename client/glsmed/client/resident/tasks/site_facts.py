"""What a site says of itself before training: who it is, its counts, its cue counts, the prior that it has taken."""

from collections.abc import Mapping

import numpy as np
import structlog
from flwr.app import RecordDict

from glsmed.client.data.examples import SplitName
from glsmed.client.egress.query_budget import Request
from glsmed.client.egress.site_numbers import Number, counted_by, site_counts
from glsmed.client.egress.summed_scores import findings_to_add
from glsmed.client.labels.shared_calibration import known_cues, require_shared_calibration, site_cue_counts
from glsmed.client.resident.site_runtime import SiteRuntime, with_prior
from glsmed.shared.cue_calibration.cue_counts import (
    CueCount,
    counts_from_json,
    counts_to_json,
    cue_names,
    names_digest,
)
from glsmed.shared.cue_calibration.shared_prior import prior_from_json
from glsmed.shared.errors import QueryBudgetError, SecureAggregationError
from glsmed.shared.processes.error_words import words_for_log
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import (
    CountsReply,
    CountsTask,
    Hello,
    HelloReply,
    KeysTask,
    MaskedCounts,
    PriorReply,
    PriorTask,
    require_same,
)
from glsmed.shared.secure_aggregation.masked_form import Counts, MaskedForm
from glsmed.shared.secure_aggregation.signed_keys import Adding
from glsmed.shared.wire.packed_model import packed_digest


def answer_hello(site: SiteRuntime, content: RecordDict) -> RecordDict:
    """Who this site is, with those of its counts that may leave."""
    digest = site.study.digest()
    require_same("study", expected=digest, got=decode(content, Hello).study_digest)
    reply = HelloReply(
        study_digest=digest,
        site=site.site,
        release=RELEASE,
        sends_metrics=site.egress.sends_evaluations,
        metrics={},
    )
    counts = {} if site.study.training.privacy.is_on else _site_counts(site)  # exact counts have no noise
    return site.egress.release(reply, numbers=counts)


def _site_counts(site: SiteRuntime) -> Mapping[str, Number]:
    """The site's counts; none once they changed more often than its policy answers about."""
    counts = site_counts(site.splits)
    try:
        site.query_budget.charge(Request.of_counts(counts))
    except QueryBudgetError as error:
        structlog.get_logger().warning("counts_withheld", detail=words_for_log(error))
        return {}
    return counts


def answer_cue_counts(site: SiteRuntime, content: RecordDict) -> RecordDict:
    """What the site's gold says of each cue, if that may leave; where metrics are summed, under masks.

    Raises:
        SecureAggregationError: counts are asked for under masks, and no sum of these cues was agreed on.
    """
    task, digest = decode(content, CountsTask), site.study.digest()
    require_same("study", expected=digest, got=task.study_digest)
    require_shared_calibration(site.study)
    site.egress.require_cue_counts()
    if not site.study.federation.summed_metrics:
        counts, about = _cue_counts(site)
        return site.egress.release(CountsReply(study_digest=digest, counts=counts_to_json(counts)), numbers=about)
    if not task.cues:
        return site.egress.release(CountsReply(study_digest=digest, counts=known_cues(site.inputs)))
    return site.egress.release(_masked_counts(site, cue_names(task.cues)))


def _cue_counts(site: SiteRuntime) -> tuple[list[CueCount], Mapping[str, Number]]:
    """Counts per cue, and how many patients each cue's are about."""
    said = site_cue_counts(site.inputs)
    return counts_from_json(said.counts), {cue: Number(patients, patients) for cue, patients in said.patients.items()}


def _masked_counts(site: SiteRuntime, names: tuple[str, ...]) -> MaskedCounts:
    masking, digest = site.masking, names_digest(names)
    if masking is None or not masking.is_ready(FIRST_ROUND, digest, "cues"):
        raise SecureAggregationError("no sum of these cues was agreed on: this site sends no counts without masks")
    told = {count.cue: (count.trials, count.successes) for count in site.egress.told_cue_counts(*_cue_counts(site))}
    form = MaskedForm.of_cues(len(names))
    vector = masking.masked_scores(np.array([told.get(name, (0, 0)) for name in names], np.uint32))
    packed = form.packed(vector)
    return MaskedCounts(study_digest=site.study.digest(), counts_digest=packed_digest(packed), model=packed)


def taken_prior(site: SiteRuntime, content: RecordDict) -> SiteRuntime:
    """The site once its labels follow the prior that all sites share."""
    task = decode(content, PriorTask)
    require_same("study", expected=site.study.digest(), got=task.study_digest)
    require_shared_calibration(site.study)
    return with_prior(site, prior_from_json(task.prior))


def confirmed_prior(site: SiteRuntime) -> RecordDict:
    """The answer of a site that has taken the prior."""
    return site.egress.release(PriorReply(study_digest=site.study.digest()))


def training_counts(site: SiteRuntime) -> Counts:
    """What the site has to train on."""
    cells = int((site.splits["train"].weights > 0).sum())
    return Counts(*counted_by(cells, site.splits, site.study))


def adding_to_sum(site: SiteRuntime, task: KeysTask) -> Adding:
    """To which counts the site adds in a sum: none where its policy lets none leave.

    A site that joins later cannot tell yet whether a model belongs to the study: none of validation patients then.

    Raises:
        WireError: the sum is about other cues than its task names.
    """
    if not site.study.federation.summed_metrics:
        return Adding()
    if task.about == "cues":
        return _adding_to_cues(site, cue_names(task.cues), task.model_digest)
    split = _SPLIT_OF.get(task.about)
    if split is None or not site.egress.sends_evaluations:
        return Adding()
    if split == "validation" and not site.trajectory.may_measure:
        return Adding()
    fewest = site.config.egress.min_patients
    places = findings_to_add(site.splits[split], min_patients=fewest)
    return Adding(adds_to=places, min_patients=fewest if places else 0)


def _adding_to_cues(site: SiteRuntime, names: tuple[str, ...], digest: str) -> Adding:
    require_same("digest", expected=names_digest(names), got=digest)
    require_shared_calibration(site.study)
    site.egress.require_cue_counts()
    own = {count.cue for count in _cue_counts(site)[0]}
    return Adding(
        adds_to=tuple(place for place, name in enumerate(names) if name in own),
        min_patients=site.config.egress.min_patients,
    )


FIRST_ROUND = 1  # cues are counted before it
_SPLIT_OF: Mapping[str, SplitName] = {"validated update": "validation", "validation": "validation", "test": "test"}
