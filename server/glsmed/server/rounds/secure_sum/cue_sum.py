"""Counts per cue that the centre learns of all sites together: agree on the cues, count, add, unmask."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import ValidationError

from glsmed.server.rounds.secure_sum.agreement import Asking
from glsmed.server.rounds.secure_sum.unmasking import masks_to_remove
from glsmed.server.rounds.site_messenger import Request, SiteMessenger, SiteReply
from glsmed.shared.cue_calibration.cue_counts import CueCount, names_digest
from glsmed.shared.errors import WireError
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import CountsTask, MaskedCounts, require_same
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.masked_form import MaskedForm
from glsmed.shared.secure_aggregation.masks import apply_masks
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES, Roster
from glsmed.shared.secure_aggregation.signed_keys import Subject
from glsmed.shared.wire.packed_model import close_packed, packed_digest

_FIRST_ROUND = 1  # cues are counted before it
_REPLY_SECONDS = 300.0  # a site reads its gold reports


class CueSum:
    """The counts per cue of one study that sums metrics.

    Args:
        messenger: asks the sites.
        study: what they agreed on.
        roster: whose sum it is.
    """

    def __init__(self, messenger: SiteMessenger, study: Study, roster: Roster) -> None:
        self._messenger = messenger
        self._digest = study.digest()
        self._roster = roster

    def pooled(self, known: Mapping[str, Sequence[CueCount]], sites: Mapping[str, int]) -> dict[str, list[CueCount]]:
        """The cues that each site knows; the first of those that know a cue has the counts of all.

        Cues to which fewer than three sites add have none.

        Args:
            known: by site, the cues without counts.
            sites: node id by site.

        Raises:
            WireError: no sum came about.
        """
        names = sorted({count.cue for counts in known.values() for count in counts})
        if not names:
            raise WireError("no site knows a cue that others know too")
        sums = dict(zip(names, self._sums(names, sites), strict=True))
        return {site: [_with(count, sums) for count in counts] for site, counts in sorted(known.items())}

    def _sums(self, names: Sequence[str], sites: Mapping[str, int]) -> list[list[int]]:
        """Trials and successes of each cue."""
        asking = Asking(self._messenger, self._roster, self._subject(names), cues=json.dumps(names))
        agreement = asking.agreed(sites)
        if agreement is None:
            raise WireError(f"fewer than {FEWEST_SITES} sites gave keys and shares")
        form = MaskedForm.of_cues(len(names))
        total = np.zeros(form.size, np.uint32)
        asked = {site: sites[site] for site in agreement.exchange.sites}
        survivors = {site: sites[site] for site in sorted(self._added(asking, asked, form, total))}
        apply_masks(total, masks_to_remove(asking, agreement, survivors))
        return [[int(value) for value in row] for row in form.scores(total)]

    def _added(self, asking: Asking, sites: Mapping[str, int], form: MaskedForm, total: Ring) -> list[str]:
        """Add the masked counts as they come; the sites that they are of."""
        task = encode(CountsTask(study_digest=self._digest, cues=asking.cues))
        request = Request.of(task, kind="query.cue_counts", group="calibration", deadline_seconds=_REPLY_SECONDS)
        added = []
        for reply in self._messenger.ask(request, sites):
            try:
                self._take(reply, form, total)
                added.append(reply.site)
            except WireError as error:
                asking.failures[reply.site] = str(error)
        return added

    def _take(self, reply: SiteReply, form: MaskedForm, total: Ring) -> None:
        if reply.content is None:
            raise WireError(reply.failure)
        message = decode(reply.content, MaskedCounts)
        require_same("study", expected=self._digest, got=message.study_digest)
        form.check(message.model)
        require_same("digest", expected=packed_digest(message.model), got=message.counts_digest)
        form.add_to(total, message.model)
        close_packed(message.model)

    def _subject(self, names: Sequence[str]) -> Subject:
        return Subject(
            study_digest=self._digest,
            round=_FIRST_ROUND,
            model_digest=names_digest(names),
            roster_digest=self._roster.digest(),
            about="cues",
        )


def _with(count: CueCount, sums: dict[str, list[int]]) -> CueCount:
    """The cue with the sum of its counts, which goes to one site only."""
    trials, successes = sums.pop(count.cue, (0, 0))
    try:
        return CueCount.model_validate({**count.model_dump(), "trials": trials, "successes": successes})
    except ValidationError:
        raise WireError(f"the sum of {count.cue} is {successes} of {trials}: a site added what it liked") from None
