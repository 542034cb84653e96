"""The centre's folder of one study: what lies where."""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from glsmed.server.flower.flower_link import LinkSettings
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import PRIVATE_FILE, PRIVATE_FOLDER, write_text
from glsmed.shared.protocol.study import Study, load_study

_SECRET_BYTES = 32


class StudyFolder:
    """Paths of a study at the centre; ``study.yaml`` is the only file that people edit."""

    def __init__(self, study_file: Path) -> None:
        self.study_file = study_file.resolve()
        self.root = self.study_file.parent
        self.certificates = CertificateFolder(self.root / "pki")
        self.sites = self.root / "sites"
        self.nodes = self.root / "nodes.json"
        self.run = self.root / "run"
        self.logs = self.root / "logs"
        self.state = self.root / "state"
        self.flower_home = self.state / "flwr"
        self.database = self.state / "superlink.db"

    def study(self) -> Study:
        """The study as its file says now."""
        return load_study(self.study_file)

    def link_settings(self, study: Study) -> LinkSettings:
        """Where the SuperLink of this study listens and what it keeps."""
        return LinkSettings(
            public_host=study.centre.host,
            public_port=study.centre.port,
            loopback_port=study.centre.loopback_port,
            ca_certificate=self.certificates.ca_certificate,
            server_certificate=self.certificates.server_certificate,
            server_key=self.certificates.server_key,
            database=self.database,
            superexec_secret=self.state / "superexec.secret",
        )

    def prepare_state(self) -> None:
        """Make the state folder, readable by its owner only.

        Raises:
            FederationError: the SuperLink's database in it is damaged.
        """
        self.state.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        self.state.chmod(PRIVATE_FOLDER)
        self.flower_home.mkdir(exist_ok=True)
        if self.database.is_file():
            _require_database(self.database)

    def renew_for_this_start(self, study: Study) -> None:
        """Make a fresh secret for the executor, and a certificate that lasts."""
        write_text(self.state / "superexec.secret", secrets.token_hex(_SECRET_BYTES), mode=PRIVATE_FILE)
        if self.certificates.needs_renewal(study.centre.public_names):
            self.certificates.issue(study.centre.public_names)


def _require_database(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        raise FederationError(
            f"{path}: {error}: move it away; it is made anew, and the study goes on after its last checkpoint"
        ) from None
