"""Whether a study's updates are masked: the same answer wherever the same study.yaml and roster were approved.

The centre decides nothing for a site. A site whose configuration names a roster of three or more never sends an update
without masks, and one without never sends one with them; where centre and site differ, the site refuses the round.
"""

from pathlib import Path

from glsmed.shared.errors import DataError
from glsmed.shared.protocol.strategy_settings import secure_aggregation_faults
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES, Roster, load_roster

_DEFAULT_NORM = 100.0  # far above what a round of any network changes: 0.03 for each weight of a ResNet-18


def roster_in_use(study: Study, file: Path | None) -> Roster | None:
    """The roster by which updates are masked; None where they are not.

    Args:
        study: as approved.
        file: of the roster, approved too; None where there is none.

    Raises:
        ConfigurationError: with every fault of the roster's file.
        DataError: it is of another study; or the study asks for secure aggregation, and there is no roster, or it has
            fewer than three sites.
    """
    setting = study.federation.secure_aggregation
    if setting == "off" or (setting == "auto" and any(secure_aggregation_faults(study))):
        return None
    roster = None if file is None else load_roster(file, study=study.study)
    if roster is not None and roster.is_enough:
        return roster
    if setting == "on":
        there = "there is no roster" if roster is None else f"the roster has {len(roster.sites)}"
        raise DataError(
            f"federation.secure_aggregation is on and needs a roster of at least {FEWEST_SITES} sites; {there}: the "
            "centre writes roster.yaml with `flwr-server sites --write-roster`, and every hospital approves it by the "
            "line `roster: roster.yaml` in config.yaml"
        )
    return None


def norm_of(study: Study) -> float:
    """The L2 norm that each site cuts its change to."""
    federation = study.federation
    bounds = [federation.max_update_norm or _DEFAULT_NORM]
    if federation.aggregation.rule == "norm_bounded_mean" and federation.aggregation.norm_bound is not None:
        bounds.append(federation.aggregation.norm_bound)
    return min(bounds)
