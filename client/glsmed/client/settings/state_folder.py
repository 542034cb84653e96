"""What a site's processes share on disk: the private state folder and the secret between SuperNode and resident."""

import secrets
from pathlib import Path

from glsmed.client.node.flower_node import NodeSettings
from glsmed.client.settings.config import SiteConfig
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.processes.children import free_port

READY_FILE = "resident.ready"  # in the state folder, once the resident has loaded the site: most bytes of a message

_SECRET_BYTES = 32
_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


def prepare_state_folder(folder: Path) -> None:
    """Make the state folder readable by its owner only.

    Raises:
        DataError: it cannot be made, or belongs to someone else.
    """
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        folder.chmod(_PRIVATE_FOLDER)
    except OSError as error:
        raise DataError(f"{folder}: the state folder cannot be made: {error.strerror}") from None


def new_node_settings(config: SiteConfig) -> NodeSettings:
    """Settings for one life of the site's processes: a free loopback port and a fresh secret in its state folder."""
    secret = config.state_folder / "superexec.secret"
    write_text(secret, secrets.token_hex(_SECRET_BYTES), mode=_PRIVATE_FILE)
    return NodeSettings(
        centre=config.centre.address,
        ca_certificate=config.centre.ca_certificate,
        private_key=config.key,
        site=config.site,
        runtime_port=free_port(),
        superexec_secret=secret,
        node_id_file=config.state_folder / "node-id",
    )
