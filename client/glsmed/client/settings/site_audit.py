"""A site's audit log, signed by the site's key: the one way to open it for writing."""

from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.enrolment import read_private_key
from glsmed.shared.files.audit import AuditLog


def open_audit(config: SiteConfig) -> AuditLog:
    """The log of everything that leaves the site; a site that has no key yet cannot sign it, and cannot join either.

    Raises:
        PrivacyError: its chain is broken.
        DataError: the site's key cannot be used.
    """
    key = read_private_key(config.key) if config.key.exists() else None
    return AuditLog(config.state.audit_log, key)
