"""Which bundles a site accepts from the centre: compared by hash, never opened."""

import hashlib
from collections.abc import Collection

from glsmed.shared.errors import BundleRefusedError
from glsmed.shared.protocol.bundle import RELEASE, bundle_digest


class BundleCheck:
    """Accepts the bundle of this site's own release, and those whose SHA-256 the site lists in ``accept_bundles``."""

    def __init__(self, accepted: Collection[str] = ()) -> None:
        self._accepted = frozenset({bundle_digest(), *accepted})

    def __call__(self, bundle: bytes) -> None:
        """Raise unless the bundle's hash is accepted.

        Raises:
            BundleRefusedError: it is not; nothing of the bundle was unpacked, written or run.
        """
        digest = hashlib.sha256(bundle).hexdigest()
        if digest not in self._accepted:
            raise BundleRefusedError(
                f"the centre sent a bundle with sha256 {digest}, which this site (glsmed {RELEASE}) does not accept: "
                "the centre may run another release of glsmed; if you have reviewed that bundle, add its sha256 to "
                "accept_bundles in the site's config.yaml"
            )
