"""The prior that sites share: fitted once from their counts per cue, kept in the run folder, sent to every site."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from flwr.app import RecordDict

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.rounds.participants import Record
from glsmed.server.rounds.secure_sum.cue_sum import CueSum
from glsmed.server.rounds.shared_prior_fit import fit_shared_prior
from glsmed.server.rounds.site_messenger import Request, SiteMessenger, SiteReply
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_from_json
from glsmed.shared.cue_calibration.shared_prior import SharedPrior
from glsmed.shared.errors import WireError
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import CountsReply, CountsTask, PriorReply, PriorTask, require_same
from glsmed.shared.protocol.study import Study

_TRIES = 3  # of a sum of counts: a site may drop out once
_REPLY_SECONDS = 300.0  # a site reads its gold reports, and with the prior makes its labels again

ReplyT = TypeVar("ReplyT", CountsReply, PriorReply)


class SharedCalibration:
    """Fits the prior before the first round, and sends it to each site once in the life of this process.

    Args:
        messenger: asks the sites.
        study: what they agreed on.
        folder: keeps the prior.
        cue_sum: where metrics are summed: then counts come in a sum too.
    """

    def __init__(
        self, messenger: SiteMessenger, study: Study, folder: RunFolder, cue_sum: CueSum | None = None
    ) -> None:
        self._cue_sum = cue_sum
        self._messenger = messenger
        self._digest = study.digest()
        self._folder = folder
        self._record: Record = folder.record
        self._prior = folder.shared_prior()
        self._given: set[str] = set()

    def settle(self, sites: Mapping[str, int], *, tell: Tell) -> Mapping[str, int]:
        """Make the sites start from the shared prior; returns those that do, and names those that refuse it."""
        if self._prior is None:
            tell(f"asking {', '.join(sites)} for counts per cue")
            self._prior = self._fit(sites)
        self._give(self._prior, {site: node for site, node in sites.items() if site not in self._given}, tell)
        return {site: node for site, node in sites.items() if site in self._given}

    def _fit(self, sites: Mapping[str, int]) -> SharedPrior:
        task = encode(CountsTask(study_digest=self._digest))
        counts: dict[str, list[CueCount]] = {}
        for reply in self._ask(task, "query.cue_counts", sites):
            try:
                counts[reply.site] = counts_from_json(self._checked(reply, CountsReply).counts)
            except WireError as error:
                self._record("no_cue_counts", {"site": reply.site, "reason": str(error)})
        if self._cue_sum is not None:
            counts = self._summed(self._cue_sum, counts, sites)
        prior = fit_shared_prior(list(counts.values()))
        self._folder.keep_shared_prior(prior)
        cues = {site: len(own) for site, own in counts.items()}
        self._record("shared_prior", {"cues": len(prior.cues), "cues_by_site": cues})
        return prior

    def _summed(
        self, cue_sum: CueSum, known: Mapping[str, list[CueCount]], sites: Mapping[str, int]
    ) -> dict[str, list[CueCount]]:
        """The cues that sites know with the counts of all together; without counts where no sum comes about."""
        for _ in range(_TRIES):
            try:
                return cue_sum.pooled(known, {site: sites[site] for site in known})
            except WireError as error:
                self._record("no_cue_sum", {"reason": str(error)})
        return dict(known)

    def _give(self, prior: SharedPrior, sites: Mapping[str, int], tell: Tell) -> None:
        if not sites:
            return
        task = encode(PriorTask(study_digest=self._digest, prior=prior.model_dump_json()))
        for reply in self._ask(task, "query.shared_prior", sites):
            try:
                self._checked(reply, PriorReply)
                self._given.add(reply.site)
            except WireError as error:
                self._record("prior_not_taken", {"site": reply.site, "reason": str(error)})
                tell(f"{reply.site} did not take the shared prior: {error}")

    def _ask(self, task: RecordDict, kind: str, sites: Mapping[str, int]) -> Iterator[SiteReply]:
        request = Request.of(task, kind=kind, group="calibration", deadline_seconds=_REPLY_SECONDS)
        return self._messenger.ask(request, sites)

    def _checked(self, reply: SiteReply, kind: type[ReplyT]) -> ReplyT:
        if reply.content is None:
            raise WireError(reply.failure)
        message = decode(reply.content, kind)
        require_same("study", expected=self._digest, got=message.study_digest)
        return message
