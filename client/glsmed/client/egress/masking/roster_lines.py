"""What ``check`` says of masks: whether updates leave under them, and the fingerprints to compare by telephone."""

from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.enrolment import approved_roster
from glsmed.shared.protocol.strategy_settings import secure_aggregation_faults
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES


def roster_lines(config: SiteConfig, study: Study) -> list[str]:
    """Lines for a person.

    Raises:
        ConfigurationError: with every fault of the roster.
        DataError: as :func:`~glsmed.client.settings.enrolment.approved_roster`.
    """
    roster = approved_roster(config, study)
    if roster is None:
        return [f"masks none: the centre sees this site's update ({_why_none(config, study)})"]
    own = "this site"
    return [
        f"masks on, by {config.roster}: the centre sees sums of at least 3 of these {len(roster.sites)} sites",
        *(
            f"  {site} {key} {own if site == config.site else 'compare by telephone'}"
            for site, key in roster.fingerprints().items()
        ),
    ]


def _why_none(config: SiteConfig, study: Study) -> str:
    if config.roster is None:
        return "docs/secure-aggregation.md"
    if study.federation.secure_aggregation == "off":
        return "study.yaml switches secure aggregation off"
    return next(secure_aggregation_faults(study), f"{config.roster} has fewer than {FEWEST_SITES} sites")
