"""The centre's folder of one study: the only module that knows what its files are called and who may read them.

study.yaml    the study; the only file that people edit
pki/          the study's authority, the server's certificate, and the key that signs tasks
sites/        one admitted request per site; sites/withdrawn/ one record per withdrawn key; sites/certificates/ what
              each admitted site shows the public listener
roster.yaml   the sites' keys as the hospitals approve them, where updates are masked; see `sites --write-roster`
nodes.json    {"<node id>": "<site>"}, as the SuperLink knows the admitted keys
run/          what the run writes, see :mod:`glsmed.server.folders.run_folder`
logs/         one log per process
state/        what Flower keeps

The whole folder is for the user who runs the study: whoever may read it could speak as the centre.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Self

from glsmed.server.flower.settings import LinkSettings
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import PRIVATE_FILE, PRIVATE_FOLDER, write_text
from glsmed.shared.protocol.study import Study, load_study

STUDY_FOLDER_VARIABLE = "GLSMED_STUDY_FOLDER"  # tells the ServerApp, which Flower starts, where its study is
_SECRET_BYTES = 32


class StudyFolder:
    """Paths of a study at the centre."""

    def __init__(self, study_file: Path) -> None:
        self.study_file = study_file.resolve()
        self.root = self.study_file.parent
        self.certificates = CertificateFolder(self.root / "pki")
        self.sites = self.root / "sites"
        self.site_certificates = self.sites / "certificates"
        self.roster = self.root / "roster.yaml"
        self.nodes = self.root / "nodes.json"
        self.run = self.root / "run"
        self.audit_heads = self.run / "audit-heads"
        self.logs = self.root / "logs"
        self.state = self.root / "state"
        self.lock = self.state / "lock"
        self.flower_home = self.state / "flwr"
        self.database = self.state / "superlink.db"
        self.incoming = self.state / "incoming"
        self.task_serial = self.state / "task-serial"
        self._secret = self.state / "superexec.secret"

    @classmethod
    def at(cls, root: Path) -> Self:
        """The study folder ``root``; it need not exist."""
        return cls(root / "study.yaml")

    @classmethod
    def of_environment(cls) -> Self:
        """The study folder that the environment names.

        Raises:
            FederationError: the variable is not set.
        """
        root = os.environ.get(STUDY_FOLDER_VARIABLE)
        if not root:
            raise FederationError(f"{STUDY_FOLDER_VARIABLE} is not set: start the study with flwr-server")
        return cls.at(Path(root))

    def environment(self) -> Mapping[str, str]:
        """The variable by which a child process finds this folder, see :meth:`of_environment`."""
        return {STUDY_FOLDER_VARIABLE: str(self.root)}

    def log(self, process: str) -> Path:
        """The log of a process of the study, for instance ``superlink``."""
        return self.logs / f"{process}.log"

    def study(self) -> Study:
        """The study as its file says now."""
        return load_study(self.study_file)

    @property
    def approved_roster(self) -> Path | None:
        """The file of the roster; None where none was written."""
        return self.roster if self.roster.exists() else None

    def site_by_node(self) -> Mapping[int, str]:
        """The admitted site of each node id, as last written by :meth:`keep_site_by_node`.

        Raises:
            FederationError: the file is missing or does not map node ids to names.
        """
        try:
            content = json.loads(self.nodes.read_text(encoding="utf-8"))
            return {int(node): str(site) for node, site in content.items()}
        except (OSError, ValueError, AttributeError) as error:
            raise FederationError(f"{self.nodes} does not say which node is which site: {error}") from None

    def keep_site_by_node(self, sites: Mapping[int, str]) -> None:
        """Write which node is which site, for the ServerApp."""
        content = {str(node): site for node, site in sites.items()}
        write_text(self.nodes, json.dumps(content, indent=2, sort_keys=True) + "\n")

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
            superexec_secret=self._secret,
        )

    def keep_private(self) -> None:
        """Make the folder if it is missing, and let nobody but its owner look into it."""
        self.root.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        self.root.chmod(PRIVATE_FOLDER)

    def prepare_state(self) -> None:
        """Make the state folder, and let nobody but its owner read it or what lies beside it.

        Raises:
            FederationError: the SuperLink's database in it is damaged.
        """
        self.keep_private()
        self.state.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        self.state.chmod(PRIVATE_FOLDER)
        self.flower_home.mkdir(exist_ok=True)
        if self.database.is_file():
            _require_database(self.database)

    def renew_for_this_start(self, study: Study, *, ca_passphrase: bytes | None = None) -> None:
        """Write a new secret for the centre's processes, and new certificates where the present will not do.

        Raises:
            FederationError: a certificate is needed, and the authority's key is missing, damaged or encrypted.
        """
        write_text(self._secret, secrets.token_hex(_SECRET_BYTES), mode=PRIVATE_FILE)
        if self.certificates.needs_renewal(study.centre.public_names):
            self.certificates.issue(study.centre.public_names, ca_passphrase)
        if self.certificates.needs_task_key():
            self.certificates.issue_task_key(ca_passphrase)


def _require_database(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        raise FederationError(
            f"{path}: {error}: move it away; the SuperLink makes a new one, and the study continues after its last "
            "checkpoint"
        ) from None
