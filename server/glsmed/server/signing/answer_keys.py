"""The keys by which the admitted sites sign their answers: those of their requests to join."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from glsmed.server.admission.registry import read_registry
from glsmed.shared.protocol.enrolment import load_public_key


class AnswerKeys:
    """The key of each site, read again when a site is asked for that was not there.

    Args:
        sites: folder of admitted requests.
    """

    def __init__(self, sites: Path) -> None:
        self._sites = sites
        self._lines: dict[str, str] = {}

    def __call__(self, site: str) -> ec.EllipticCurvePublicKey | None:
        """The site's key; None if no such site is admitted.

        Raises:
            DataError: the folder of admitted sites is missing.
        """
        if site not in self._lines:
            self.read_again()
        line = self._lines.get(site)
        return None if line is None else load_public_key(line)

    def read_again(self) -> None:
        """Take up keys that were admitted, exchanged or withdrawn since.

        Raises:
            DataError: the folder of admitted sites is missing.
        """
        admitted = read_registry(self._sites).admitted
        self._lines = {site: entry.request.public_key for site, entry in admitted.items()}
