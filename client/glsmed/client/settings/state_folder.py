"""A site's private state folder: the one place that knows what its files are called."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, PRIVATE_FOLDER, write_text
from glsmed.shared.files.exclusive_lock import exclusive_lock

_SECRET_BYTES = 32
_DIGEST_SHOWN = 16  # hexadecimal digits of a study's digest in a file's name


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Paths of everything that a site keeps for itself; ``path`` is ``state_folder`` of config.yaml.

        patients/  what was made from images and reports: label table, decoded images
        models/    models, the shipped one among them, and what belongs to a study's models
        audit/     the record of everything that left
        accounts/  what was spent: privacy, requests; later studies must count it too
        answers/   what readers answered when they labelled; later studies may use it

    Everything else belongs to the running processes. The files need not exist: whoever writes one makes it. Those of a
    study carry the beginning of its digest.
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
            for part in (self.patients, self.all_models, self.audit, self.accounts, self.answers):
                part.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        except OSError as error:
            raise DataError(f"{self.path}: the state folder cannot be made: {error.strerror}") from None

    @contextmanager
    def held(self, *, work: str) -> Iterator[None]:
        """Make the folder, and be the only process that writes it while the block runs.

        Every command that writes the folder holds it: two writers would spoil caches, accounts and the audit log.

        Args:
            work: what the block does, for whoever comes second.

        Raises:
            BusyError: another process holds it.
            DataError: as :meth:`prepare`.
        """
        self.prepare()
        with exclusive_lock(self.lock, work=work):
            yield

    @property
    def patients(self) -> Path:
        """Folder of what was made from images and reports."""
        return self.path / "patients"

    @property
    def all_models(self) -> Path:
        """Folder of the models."""
        return self.path / "models"

    @property
    def audit(self) -> Path:
        """Folder of the audit log."""
        return self.path / "audit"

    @property
    def accounts(self) -> Path:
        """Folder of what was spent."""
        return self.path / "accounts"

    @property
    def answers(self) -> Path:
        """Folder of readers' answers."""
        return self.path / "answers"

    @property
    def labelling(self) -> Path:
        """What readers answered, and what they were asked. It locks itself: readers may work while a study runs."""
        return self.answers / "answers.sqlite"

    @property
    def audit_log(self) -> Path:
        """The record of everything that left the site."""
        return self.audit / "audit.jsonl"

    @property
    def label_table(self) -> Path:
        """The words behind every training target."""
        return self.patients / "labels.sqlite"

    def image_tensor(self, size_px: int) -> Path:
        """The decoded images of one size."""
        return self.patients / f"images-{size_px}px.npy"

    def image_index(self, size_px: int) -> Path:
        """Which file each row of :meth:`image_tensor` was decoded from."""
        return self.patients / f"images-{size_px}px.json"

    def image_looks(self, size_px: int) -> Path:
        """What a check found suspicious about each image, decoded at one size."""
        return self.patients / f"image-looks-{size_px}px.json"

    @property
    def manifest_faults(self) -> Path:
        """Every fault of the manifest, where they are too many for a screen."""
        return self.patients / "manifest-faults.txt"

    @property
    def check_page(self) -> Path:
        """The page that ``check`` writes for a person to look at."""
        return self.patients / "check.html"

    @property
    def unreadable_images(self) -> Path:
        """Every image that cannot be read, and why; no such file where all can."""
        return self.image_tensor(0).with_name("unreadable-images.txt")

    @property
    def privacy_account(self) -> Path:
        """How much privacy the site has spent."""
        return self.accounts / "privacy.json"

    @property
    def site_secret(self) -> Path:
        """The site's own randomness, see :mod:`glsmed.client.settings.site_secret`."""
        return self.accounts / "site.secret"

    def query_budget(self, study_digest: str) -> Path:
        """How many requests the site has answered in a study."""
        return self.accounts / f"questions-{study_digest[:_DIGEST_SHOWN]}.json"

    def task_account(self, study_digest: str) -> Path:
        """Which tasks of a study the site has taken: the highest serial number."""
        return self.accounts / f"tasks-{study_digest[:_DIGEST_SHOWN]}.json"

    def trajectory(self, study_digest: str) -> Path:
        """Which models of a study the site has accepted."""
        return self.accounts / f"trajectory-{study_digest[:_DIGEST_SHOWN]}.json"

    def released_counts(self, study_digest: str) -> Path:
        """Which counts the site has told in a study."""
        return self.accounts / f"counts-{study_digest[:_DIGEST_SHOWN]}.json"

    def answered_sums(self, study_digest: str) -> Path:
        """Over which sites the sums were that the site helped to see in a study."""
        return self.accounts / f"sums-{study_digest[:_DIGEST_SHOWN]}.json"

    def noisy_base_rates(self, study_digest: str) -> Path:
        """The base rates of a private study's offset, noise included."""
        return self.accounts / f"base-rates-{study_digest[:_DIGEST_SHOWN]}.json"

    def local_record(self, study_digest: str) -> Path:
        """How the best model that the site trained alone for a study does on its test split."""
        return self.all_models / f"local-{study_digest[:_DIGEST_SHOWN]}.json"

    def local_model(self, study_digest: str) -> Path:
        """Folder of the best model that the site trained alone for a study, as the site would use it."""
        return self.all_models / f"local-model-{study_digest[:_DIGEST_SHOWN]}"

    def shared_prior(self, study_digest: str) -> Path:
        """The prior of cues that the sites of a study share."""
        return self.all_models / f"shared-prior-{study_digest[:_DIGEST_SHOWN]}.json"

    def models(self, study_digest: str) -> Path:
        """Folder of the models of a study that the site holds, so that the centre need not send them again."""
        return self.all_models / f"models-{study_digest[:_DIGEST_SHOWN]}"

    def round_arrays(self, name: str, study_digest: str) -> Path:
        """Folder of arrays that the site keeps from round to round of a study: local layers, control variates."""
        return self.all_models / f"{name}-{study_digest[:_DIGEST_SHOWN]}"

    @property
    def shipped_model(self) -> Path:
        """Folder of the model as this site would use it."""
        return self.all_models / "shipped"

    @property
    def worker_store(self) -> Path:
        """Where the training workers find each other."""
        return self.path / "workers.store"

    @property
    def lock(self) -> Path:
        """Held by the one ``glsmed-client`` that may write the folder, see :meth:`held`."""
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
    def bell(self) -> Path:
        """Touched by the SuperNode when a message has come."""
        return self.path / "bell"

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
