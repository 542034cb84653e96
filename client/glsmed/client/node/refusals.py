"""Why the centre, or what answers in its place, refuses this site: in words, with the remedy."""

import httpx

from glsmed.client.node.connection_faults import OutsideFaultError, clock_in_words, clock_is_refused
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.node.presented_certificate import clock_ahead
from glsmed.shared.errors import FederationError


def not_admitted(settings: NodeSettings, reason: str) -> FederationError:
    """The centre does not know this site's key."""
    return FederationError(
        f"the centre {settings.centre} does not admit the key of {settings.site!r}: {reason}. "
        f"{admission_remedy(settings)}"
    )


def admission_remedy(settings: NodeSettings) -> str:
    """What to do about a key that the centre does not admit."""
    if settings.node_id_file.is_file():
        return (
            "It has admitted a key of this site before, so that was withdrawn or you have made a new one: ask the "
            "centre; send request.yaml to be admitted again"
        )
    return "Send request.yaml to the centre to be admitted, and read the fingerprint out when it calls"


def unknown_answer(settings: NodeSettings, response: httpx.Response) -> FederationError:
    """The error for a refusal that does not say why: a signature that does not fit, or not the centre's own answer."""
    ahead = clock_ahead(response.headers)
    if response.status_code != httpx.codes.UNAUTHORIZED:
        return OutsideFaultError(
            f"{settings.centre} answered HTTP {response.status_code}, which is not the centre's own answer: check "
            "centre.address, or ask the centre about the server in front of it"
        )
    if ahead is not None and clock_is_refused(ahead):
        return OutsideFaultError(f"the centre {settings.centre} refuses this site's signature: {clock_in_words(ahead)}")
    return not_admitted(settings, "HTTP 401")
