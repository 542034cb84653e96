"""Keeps the SuperLink's keys as the registry says, at the start and while the study runs.

A file that cannot be used, a withdrawn key or a key that the SuperLink refuses is told with its remedy and never stops
the other sites. What is not known admits nobody: a site whose file cannot be read takes no part until it can.
"""

import re
from collections.abc import Iterator, Mapping

from glsmed.server.admission.quorum import quorum_shortfall
from glsmed.server.admission.registry import AdmittedSite, Registry, read_registry
from glsmed.server.admission.withdrawals import NEW_KEY, Withdrawal, keep_withdrawal, utc_now
from glsmed.server.flower.control import Control, LinkNode, RegistrationRefusedError
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import DataError, GlsmedError
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
        troubles = self._keep_withdrawn(node for node in nodes if node.is_withdrawn)
        registry = read_registry(self._folder.sites)
        troubles += registry.faults.values()
        registered = {fingerprint(node.public_key): node for node in nodes if not node.is_withdrawn}
        site_by_node, more = self._stay_or_leave(control, registered, registry)
        troubles += more
        for key, entry in ((entry.key, entry) for entry in registry.admitted.values()):
            if key not in registered:
                troubles += self._register(control, entry, site_by_node)
        self._folder.keep_site_by_node(site_by_node)
        shortfall = quorum_shortfall(registry, self._quorum)
        self._tell_new([*troubles, *([shortfall] if shortfall else [])])

    def take_up_quietly(self, control: Control) -> None:
        """:meth:`take_up` in a running study, which goes on if that fails.

        Where it is not known who is admitted, nobody takes part until it is; where only the SuperLink did not answer,
        the sites stay as they were.
        """
        try:
            self.take_up(control)
        except DataError as error:
            self._folder.keep_site_by_node({})
            self._tell_new([f"no site takes part for now: {error}"])
        except (GlsmedError, OSError) as error:
            self._tell_new([f"the admitted sites stay as they were: {error}"])

    def _keep_withdrawn(self, nodes: Iterator[LinkNode]) -> list[str]:
        """Record each key that the SuperLink keeps as withdrawn: it will not take it again; returns the troubles."""
        return [trouble for node in nodes if (trouble := self._recorded(node))]

    def _recorded(self, node: LinkNode) -> str:
        """Record that a key is withdrawn; returns why that was not possible."""
        try:
            keep_withdrawal(self._folder.sites, _withdrawal_of(node))
        except OSError as error:  # for instance a full disk, which must not keep a key in
            return f"the withdrawal of {node.site}'s key is not on record yet: {error}"
        return ""

    def _stay_or_leave(
        self, control: Control, registered: Mapping[str, LinkNode], registry: Registry
    ) -> tuple[dict[int, str], list[str]]:
        """Withdraw the keys that are not admitted any more; returns the site of each node that stays, and troubles.

        Of a site whose file cannot be read nothing is known: it is left out, and its key is not withdrawn for good.
        """
        admitted = {entry.key: entry.request.site for entry in registry.admitted.values()}
        doubtful = registry.unreadable | {path.stem for path in registry.faults}
        stay: dict[int, str] = {}
        troubles: list[str] = []
        for key, node in registered.items():
            if key in admitted:
                stay[node.node_id] = admitted[key]
            elif node.site not in doubtful or key in registry.withdrawn:
                troubles += filter(None, [self._recorded(node)])
                control.unregister(node.node_id)
                self._tell(f"{node.site} is withdrawn: its key is refused from now on; its earlier updates stay")
        return stay, troubles

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
