"""What a site says of itself before training: who it is, its counts, its cue counts, the prior that it has taken."""

from collections.abc import Mapping

import structlog
from flwr.app import RecordDict

from glsmed.client.data.examples import SplitName
from glsmed.client.egress.query_budget import Request
from glsmed.client.egress.site_numbers import Number, counted_by, site_counts
from glsmed.client.egress.summed_scores import findings_to_add
from glsmed.client.labels.shared_calibration import require_shared_calibration, site_cue_counts
from glsmed.client.resident.site_runtime import SiteRuntime, with_prior
from glsmed.shared.cue_calibration.shared_prior import prior_from_json
from glsmed.shared.errors import QueryBudgetError
from glsmed.shared.processes.error_words import words_for_log
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import (
    CountsReply,
    CountsTask,
    Hello,
    HelloReply,
    PriorReply,
    PriorTask,
    require_same,
)
from glsmed.shared.secure_aggregation.masked_form import Counts
from glsmed.shared.secure_aggregation.signed_keys import Adding


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
    """What the site's gold says of each cue, if that may leave."""
    digest = site.study.digest()
    require_same("study", expected=digest, got=decode(content, CountsTask).study_digest)
    require_shared_calibration(site.study)
    site.egress.require_cue_counts()
    said = site_cue_counts(site.inputs)
    about = {cue: Number(patients, patients) for cue, patients in said.patients.items()}
    return site.egress.release(CountsReply(study_digest=digest, counts=said.counts), numbers=about)


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


def adding_to_sum(site: SiteRuntime, about: str) -> Adding:
    """To which findings' counts of scores the site adds in a kind of sum: none where its policy lets no metric leave.

    A site that joins later cannot tell yet whether a model belongs to the study: none of validation patients then.
    """
    split = _SPLIT_OF.get(about)
    if split is None or not (site.study.federation.summed_metrics and site.egress.sends_evaluations):
        return Adding()
    if split == "validation" and not site.trajectory.may_measure:
        return Adding()
    fewest = site.config.egress.min_patients
    places = findings_to_add(site.splits[split], min_patients=fewest)
    return Adding(adds_to=places, min_patients=fewest if places else 0)


_SPLIT_OF: Mapping[str, SplitName] = {"validated update": "validation", "validation": "validation", "test": "test"}
