"""Deletes what a site holds for a study, and says what remains and why."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.enrolment import certificate_beside
from glsmed.client.settings.site_audit import open_audit
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.protocol.study import load_study

_ROUND_ARRAYS = ("local-layers", "control", "personal")


@dataclass(frozen=True, slots=True)
class Held:
    """A file or folder of a site, and what it is."""

    path: Path
    what: str
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What goes and what stays."""

    study: str
    goes: tuple[Held, ...]
    stays: tuple[Held, ...]

    @property
    def bytes(self) -> int:
        """How much is deleted."""
        return sum(one.bytes for one in self.goes)


def plan_purge(config: SiteConfig) -> PurgePlan:
    """What a purge would delete, and what it would leave; nothing is changed.

    Raises:
        ConfigurationError: study.yaml has faults, which is how the study's models are told from those of others.
    """
    study, state = load_study(config.study), config.state
    goes = {one.path: one for one in _of_study(state, study.digest())}
    others = (path for path in sorted(state.all_models.glob("*")) if path not in goes)
    stays = [*_always_kept(config), *(Held(path, "of another study, or not known") for path in others)]
    return PurgePlan(study.study, tuple(goes.values()), tuple(one for one in stays if one.path.exists()))


def purge(config: SiteConfig, plan: PurgePlan) -> None:
    """Delete what the plan names; the audit log says first that it goes.

    Raises:
        FederationError: a ``glsmed-client`` works with the state folder.
        PrivacyError: the audit log is broken.
        DataError: something cannot be deleted; what is named before it is gone.
    """
    with exclusive_lock(config.state.lock, work=f"work with the state folder of {config.site}; nothing was deleted"):
        names = [str(one.path.relative_to(config.state_folder)) for one in plan.goes]
        open_audit(config).append("purged", {"study": plan.study, "deleted": names})
        for one in plan.goes:
            _delete(one.path)


def _of_study(state: StateFolder, digest: str) -> Iterator[Held]:
    """What is there of the study: what was made from its patients, its models, and what processes left behind."""
    words = {
        state.patients: "label table and decoded images",
        state.models(digest): "models of the rounds",
        state.local_record(digest): "numbers of the model that the site trained alone",
        state.local_model(digest): "the model that the site trained alone",
        state.shared_prior(digest): "prior of cues that the sites shared",
        **{state.round_arrays(name, digest): "the site's own arrays of the rounds" for name in _ROUND_ARRAYS},
        state.compiled_steps: "compiled steps",
        state.events: "what the processes did",
        state.logs: "logs, which may name images and reports",
        state.flower_home: "what Flower keeps",
    }
    if _is_of_study(state.shipped_model, digest):
        words[state.shipped_model] = "the shipped model, its card and its reference for drift"
    yield from (Held(path, what, _bytes(path)) for path, what in words.items() if path.exists())


def _is_of_study(shipped: Path, digest: str) -> bool:
    """Whether the shipped model is of the study; one whose file cannot be read is of none that is known."""
    try:
        return bool(json.loads((shipped / "site.json").read_text(encoding="utf-8"))["study"] == digest)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _always_kept(config: SiteConfig) -> Iterator[Held]:
    yield Held(config.state.audit, "audit log: what has left cannot be called back, so its record stays")
    yield Held(config.state.accounts, "privacy and requests that were spent: later studies must count them")
    yield Held(config.state.labelling, "readers' answers: the hospital's own, and of use to later studies")
    yield Held(config.key, "the site's key")
    yield Held(certificate_beside(config.key), "the certificate of the site's key")
    yield Held(config.data.manifest, "the hospital's own manifest, images and reports")
    if config.data.gold is not None:
        yield Held(config.data.gold, "the hospital's own gold labels")


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file() and not one.is_symlink()]
    return sum(one.stat().st_size for one in files)


def _delete(path: Path) -> None:
    """Delete a file or folder; a link goes, and what it points to stays."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{path} cannot be deleted: {error}: delete it yourself, and purge again") from None
