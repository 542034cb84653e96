"""Who holds the study up: for whom the others wait at the end of a round, and who costs another attempt."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glsmed.server.folders.run_folder import RoundRecord
from glsmed.server.reporting.parts.numbers import seconds
from glsmed.shared.pages.blocks import Block, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say

_NOTICED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SiteDelay:
    """What one site costs the others.

    Attributes:
        seconds: the median time of its training, as it says; None where it says none.
        last_in: rounds in which its training took longest.
        waited: seconds that the others waited for it in those rounds, together.
        missed: attempts at a round in which it was asked and did not count.
    """

    site: str
    seconds: float | None
    last_in: int
    waited: float
    missed: int


def read_delays(rounds: Sequence[RoundRecord]) -> list[SiteDelay]:
    """Every site that was asked, the one that the others waited for longest first."""
    sites = sorted({site for one in rounds for site in (*one.counted, *one.not_counted, *_times(one))})
    return sorted((_of_site(site, rounds) for site in sites), key=lambda one: (-one.waited, -one.missed, one.site))


def delay_blocks(delays: Sequence[SiteDelay]) -> list[Block]:
    """Who holds the study up, in a sentence, and the times of all."""
    if not delays:
        return [Paragraph(say("No round was tried yet."))]
    head = [say(name) for name in ("site", "training, median", "last in", "others waited", "asked and not counted")]
    rows = [
        [bounded(one.site, most=63), seconds(one.seconds), str(one.last_in), seconds(one.waited), str(one.missed)]
        for one in delays
    ]
    return [Paragraph(_verdict(delays[0])), Table(head, rows, say("Times of training are what each site says."))]


def _verdict(worst: SiteDelay) -> str:
    if worst.waited >= _NOTICED_SECONDS:
        sentence = "{site} holds the study up most: the others waited {time} for it (it was last in {rounds})."
        return say(sentence, site=bounded(worst.site, most=63), time=seconds(worst.waited), rounds=worst.last_in)
    return say("No site holds the study up.")


def _of_site(site: str, rounds: Sequence[RoundRecord]) -> SiteDelay:
    own = [times[site] for times in map(_times, rounds) if site in times]
    waits = [wait for wait in (_wait_for(site, _times(one)) for one in rounds) if wait is not None]
    missed = sum(site in one.not_counted for one in rounds)
    return SiteDelay(site, statistics.median(own) if own else None, len(waits), sum(waits), missed)


def _wait_for(site: str, times: Mapping[str, float]) -> float | None:
    """How much longer the slowest site took than the next; None for the other sites."""
    if len(times) < 2 or max(times, key=times.__getitem__) != site:  # somebody has to wait
        return None
    slowest, second = sorted(times.values(), reverse=True)[:2]
    return slowest - second


def _times(one: RoundRecord) -> Mapping[str, float]:
    """As far as they can be times: no more than the whole round took."""
    return {
        site: value for site, value in one.site_seconds.items() if math.isfinite(value) and 0 <= value <= one.seconds
    }
