"""What ``check`` says of masks: whether updates leave under them, and the fingerprints to compare by telephone."""

from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.enrolment import approved_roster
from glsmed.shared.protocol.study import Study


def roster_lines(config: SiteConfig, study: Study) -> list[str]:
    """Lines for a person.

    Raises:
        ConfigurationError: with every fault of the roster.
        DataError: as :func:`~glsmed.client.settings.enrolment.approved_roster`.
    """
    roster = approved_roster(config, study)
    if roster is None:
        return ["masks none: the centre sees this site's update (docs/secure-aggregation.md)"]
    own = "this site"
    return [
        f"masks on, by {config.roster}: the centre sees sums of at least 3 of these {len(roster.sites)} sites",
        *(
            f"  {site} {key} {own if site == config.site else 'compare by telephone'}"
            for site, key in roster.fingerprints().items()
        ),
    ]
