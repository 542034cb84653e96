"""Whether the sites find a round's model to be of no use, and whose update made it so.

A model of finite numbers can still break: values that overflow in every site's first step. Where most sites say so, the
round that made it is taken back, so that no later round and no restart begins with it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from glsmed.server.folders.run_folder import MetricRow, RunFolder
from glsmed.server.rounds.requests import RoundOutcome
from glsmed.server.rounds.secure_sum.pooled_rows import is_of_a_sum
from glsmed.server.updates.norm_bound import stands_out

MOST_ROLLBACKS = 3  # in one process; then a person has to look
_BROKEN = re.compile(r"TrainingDivergedError|NegativeRatesError|refused: .*(not finite|record 'metrics': .*expected)")
_SILENT = re.compile(r"late|went offline|the (message|reply) (was lost|could not be sent)")
_CHANCE = 0.69  # mean log-loss, in nats, of always saying one half
_NO_USE = 5.0  # a mean log-loss above it
_JUMP = 3.0  # and so many times what the site said of the model before
_STANDS_OUT = 3.0  # times the median of the others


@dataclass(frozen=True, slots=True)
class BadModel:
    """A model that most sites cannot use.

    Attributes:
        round: that made it.
        complaints: what each site says of it.
        culprit: the site whose update was far longer than the others'; empty if none was.
        norms: L2 norm of each site's change in that round.
    """

    round: int
    complaints: Mapping[str, str]
    culprit: str
    norms: Mapping[str, float]

    def __str__(self) -> str:
        said = "; ".join(f"{site}: {reason}" for site, reason in self.complaints.items())
        made_by = f"the update of {self.culprit} made it so" if self.culprit else "no update was far longer than others"
        return f"the model of round {self.round} is of no use ({said}): {made_by}"


def bad_model(round_number: int, outcome: RoundOutcome, folder: RunFolder, *, quorum: int) -> BadModel | None:
    """The model of a round, if most of the sites that answered a request about it cannot use it.

    Args:
        round_number: that made it; the model that the study begins with is never taken back.
        outcome: of the request, to train it or to measure it.
        folder: with the numbers of earlier rounds, and the norms of the updates that made each.
        quorum: of the study; one site alone convinces nobody where more are needed.
    """
    complaints = _complaints(round_number, outcome, folder)
    silent = {site for site, reason in outcome.not_counted.items() if _SILENT.match(reason)}
    heard = (outcome.counted.keys() | outcome.not_counted.keys()) - silent
    if not round_number or len(complaints) < min(2, quorum) or 2 * len(complaints) <= len(heard):
        return None
    norms = _norms(round_number, folder)
    return BadModel(round_number, complaints, stands_out(norms, _STANDS_OUT), norms)


def _complaints(round_number: int, outcome: RoundOutcome, folder: RunFolder) -> dict[str, str]:
    broken = {site: reason for site, reason in sorted(outcome.not_counted.items()) if _BROKEN.match(reason)}
    before = _log_losses(folder.validation(), before=round_number)
    useless = {
        site: f"log-loss {value:.3g}"
        for site, value in _log_losses(outcome.rows, before=round_number + 1).items()
        if value > max(_NO_USE, _JUMP * before.get(site, _CHANCE))
    }
    return {**useless, **broken}


def _log_losses(rows: Iterable[MetricRow], *, before: int) -> Mapping[str, float]:
    """What each site said last of a model of an earlier round: the mean log-loss on its validation split.

    What all sites say together is no complaint: one of them could have made it so.
    """
    values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        is_own = row.split == "validation" and not is_of_a_sum(row.site)
        if is_own and row.metric == "log_loss" and row.round < before:
            values[row.site][row.round].append(row.value)
    last = {site: own[max(own)] for site, own in sorted(values.items())}
    return {site: sum(numbers) / len(numbers) for site, numbers in last.items()}


def _norms(round_number: int, folder: RunFolder) -> Mapping[str, float]:
    """As the last merge of that round recorded them; none from a record of an earlier release."""
    found: Mapping[str, float] = {}
    for fields in folder.recorded("merged"):
        norms = fields.get("norms")
        if fields.get("round") == round_number and isinstance(norms, Mapping):
            found = {str(site): float(norm) for site, norm in norms.items()}
    return found
