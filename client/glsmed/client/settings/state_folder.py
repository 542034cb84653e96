"""A site's private state folder: the one place that knows what its files are called."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, PRIVATE_FOLDER, write_text

_SECRET_BYTES = 32
_DIGEST_SHOWN = 16  # hexadecimal digits of a study's digest in a file's name


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Paths of everything that a site keeps for itself; ``path`` is ``state_folder`` of config.yaml.

    The files need not exist: whoever writes one makes it. Those of a study carry the beginning of its digest.
    """

    path: Path

    def prepare(self) -> None:
        """Make the folder, readable by its owner only.

        Raises:
            DataError: it cannot be made, or belongs to someone else.
        """
        try:
            self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.path.chmod(PRIVATE_FOLDER)
        except OSError as error:
            raise DataError(f"{self.path}: the state folder cannot be made: {error.strerror}") from None

    @property
    def audit_log(self) -> Path:
        """The record of everything that left the site."""
        return self.path / "audit.jsonl"

    @property
    def label_table(self) -> Path:
        """The words behind every training target."""
        return self.path / "labels.sqlite"

    def image_tensor(self, size_px: int) -> Path:
        """The decoded images of one size."""
        return self.path / f"images-{size_px}px.npy"

    def image_index(self, size_px: int) -> Path:
        """Which file each row of :meth:`image_tensor` was decoded from."""
        return self.path / f"images-{size_px}px.json"

    def image_looks(self, size_px: int) -> Path:
        """What a check found suspicious about each image, decoded at one size."""
        return self.path / f"image-looks-{size_px}px.json"

    @property
    def check_page(self) -> Path:
        """The page that ``check`` writes for a person to look at."""
        return self.path / "check.html"

    @property
    def privacy_account(self) -> Path:
        """How much privacy the site has spent."""
        return self.path / "privacy.json"

    def query_budget(self, study_digest: str) -> Path:
        """How many requests the site has answered in a study."""
        return self.path / f"questions-{study_digest[:_DIGEST_SHOWN]}.json"

    def local_record(self, study_digest: str) -> Path:
        """How the best model that the site trained alone for a study does on its test split."""
        return self.path / f"local-{study_digest[:_DIGEST_SHOWN]}.json"

    def shared_prior(self, study_digest: str) -> Path:
        """The prior of cues that the sites of a study share."""
        return self.path / f"shared-prior-{study_digest[:_DIGEST_SHOWN]}.json"

    def models(self, study_digest: str) -> Path:
        """Folder of the models of a study that the site holds, so that the centre need not send them again."""
        return self.path / f"models-{study_digest[:_DIGEST_SHOWN]}"

    def round_arrays(self, name: str, study_digest: str) -> Path:
        """Folder of arrays that the site keeps from round to round of a study: local layers, control variates."""
        return self.path / f"{name}-{study_digest[:_DIGEST_SHOWN]}"

    @property
    def shipped_model(self) -> Path:
        """Folder of the model as this site would use it."""
        return self.path / "shipped"

    @property
    def worker_store(self) -> Path:
        """Where the training workers find each other."""
        return self.path / "workers.store"

    @property
    def lock(self) -> Path:
        """Held by the one ``glsmed-client`` that may run."""
        return self.path / "lock"

    @property
    def resident_ready(self) -> Path:
        """Written by the resident process once it has loaded the site; holds the most bytes of a message."""
        return self.path / "resident.ready"

    @property
    def node_id(self) -> Path:
        """Under which number the centre knew this site last."""
        return self.path / "node-id"

    @property
    def superexec_secret(self) -> Path:
        """What the resident process proves itself to the SuperNode with."""
        return self.path / "superexec.secret"

    def write_new_secret(self) -> None:
        """Put a fresh secret into :attr:`superexec_secret`, which only its owner can read.

        Raises:
            OSError: it cannot be written.
        """
        write_text(self.superexec_secret, secrets.token_hex(_SECRET_BYTES), mode=PRIVATE_FILE)

    @property
    def events(self) -> Path:
        """What the resident process has done since ``glsmed-client`` started, for the console and the metrics."""
        return self.path / "events.jsonl"

    @property
    def logs(self) -> Path:
        """Folder of the logs of the site's processes."""
        return self.path / "logs"

    def process_log(self, name: str) -> Path:
        """The log of one of the site's processes."""
        return self.logs / f"{name}.log"

    @property
    def flower_home(self) -> Path:
        """Folder that Flower may use."""
        return self.path / "flwr"

    @property
    def compiled_steps(self) -> Path:
        """Folder in which torch keeps compiled steps."""
        return self.path / "compiled"
