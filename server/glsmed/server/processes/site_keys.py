"""Keeps the SuperLink's keys as the registry says, at the start and while the study runs.

A file that cannot be used, a withdrawn key or a key that the SuperLink refuses is told with its remedy and never stops
the other sites.
"""

import re
from collections.abc import Iterator, Mapping

from glsmed.server.admission.quorum import quorum_shortfall
from glsmed.server.admission.registry import AdmittedSite, Registry, read_registry
from glsmed.server.admission.withdrawals import NEW_KEY, Withdrawal, keep_withdrawal, utc_now
from glsmed.server.flower.control import Control, LinkNode, RegistrationRefusedError
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import GlsmedError
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.enrolment import SITE_NAME, fingerprint


class SiteKeys:
    """The keys of a study's sites at its SuperLink; ``tell`` gets each change and each trouble once."""

    def __init__(self, folder: StudyFolder, *, quorum: int, tell: Tell) -> None:
        self._folder = folder
        self._quorum = quorum
        self._tell = tell
        self._troubles: set[str] = set()

    def take_up(self, control: Control) -> None:
        """Register who is admitted, refuse who is not any more, and write which node is which site.

        Raises:
            FederationError: the SuperLink does not answer.
            DataError: the folder of admitted sites is missing.
        """
        nodes = control.nodes()
        self._keep_withdrawn(node for node in nodes if node.is_withdrawn)
        registry = read_registry(self._folder.sites)
        troubles = list(registry.faults.values())
        registered = {fingerprint(node.public_key): node for node in nodes if not node.is_withdrawn}
        site_by_node = self._stay_or_leave(control, registered, registry)
        for key, entry in ((entry.key, entry) for entry in registry.admitted.values()):
            if key not in registered:
                troubles += self._register(control, entry, site_by_node)
        self._folder.keep_site_by_node(site_by_node)
        shortfall = quorum_shortfall(registry, self._quorum)
        self._tell_new([*troubles, *([shortfall] if shortfall else [])])

    def take_up_quietly(self, control: Control) -> None:
        """:meth:`take_up` in a running study, which goes on with the sites that it has if that fails."""
        try:
            self.take_up(control)
        except (GlsmedError, OSError) as error:
            self._tell_new([f"the admitted sites stay as they were: {error}"])

    def _keep_withdrawn(self, nodes: Iterator[LinkNode]) -> None:
        """Record each key that the SuperLink keeps as withdrawn: it will not take it again."""
        for node in nodes:
            keep_withdrawal(self._folder.sites, _withdrawal_of(node))

    def _stay_or_leave(
        self, control: Control, registered: Mapping[str, LinkNode], registry: Registry
    ) -> dict[int, str]:
        """Withdraw the keys that are not admitted any more; returns the site of each node that stays."""
        admitted = {entry.key: entry.request.site for entry in registry.admitted.values()}
        stay: dict[int, str] = {}
        for key, node in registered.items():
            if key in admitted or node.site in registry.unreadable:
                stay[node.node_id] = admitted.get(key, node.site)
            else:
                keep_withdrawal(self._folder.sites, _withdrawal_of(node))
                control.unregister(node.node_id)
                self._tell(f"{node.site} is withdrawn: its key is refused from now on; its earlier updates stay")
        return stay

    def _register(self, control: Control, entry: AdmittedSite, site_by_node: dict[int, str]) -> list[str]:
        """Register one site; returns the trouble, if there is any."""
        site = entry.request.site
        try:
            node = control.register(entry.request.public_key, site=site)
        except RegistrationRefusedError as error:
            return [f"{entry.file}: Flower refuses the key of {site!r} ({error}): {NEW_KEY}"]
        site_by_node[node] = site
        self._tell(f"{site} may join")
        return []

    def _tell_new(self, troubles: list[str]) -> None:
        for trouble in troubles:
            if trouble not in self._troubles:
                self._tell(trouble)
        self._troubles = set(troubles)


def _withdrawal_of(node: LinkNode) -> Withdrawal:
    site = node.site if re.fullmatch(SITE_NAME, node.site) else "unknown"  # registered past the registry
    return Withdrawal(site=site, public_key=node.public_key, withdrawn_at=utc_now())
