"""Whether a study's quorum can be reached with the sites that may join."""

from glsmed.server.admission.registry import Registry


def quorum_shortfall(registry: Registry, quorum: int) -> str | None:
    """Why no round can count, and what to do; None if enough sites are admitted."""
    admitted = registry.admitted
    if len(admitted) >= quorum:
        return None
    gone = dict.fromkeys(withdrawal.site for withdrawal in registry.withdrawn.values())
    withdrawn = [site for site in gone if site not in admitted]
    without = f"; withdrawn: {', '.join(withdrawn)}" if withdrawn else ""
    sites = f"{len(admitted)} site(s) admitted ({', '.join(admitted) or 'none'}{without})"
    return (
        f"no round can count: {sites}, the quorum is {quorum}. Admit another hospital: flwr-server admit request.yaml. "
        "Or lower federation.quorum in study.yaml: every hospital has to approve that file and enroll again"
    )
