"""Whether a task, and the model that it brings, are of this site's study: raises where they are not."""

import re

from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.shared.errors import MismatchError, PrivacyError
from glsmed.shared.protocol.enrolment import SITE_NAME
from glsmed.shared.protocol.messages import EvaluateTask, TrainTask, require_same
from glsmed.shared.wire.packed_model import Buffers


def check_task(site: SiteRuntime, task: TrainTask | EvaluateTask) -> None:
    """Raise if a task is of another study, round or model than the site's own files say.

    Raises:
        MismatchError: with what was expected.
    """
    rounds = site.study.training.rounds
    require_same("study", expected=site.study.digest(), got=task.study_digest)
    require_same("manifest", expected=site.model_manifest.digest(), got=task.manifest_digest)
    if not 1 <= task.round <= rounds:
        raise MismatchError("round", expected=f"1 to {rounds}", got=task.round)


def check_peer(site: SiteRuntime, task: EvaluateTask) -> None:
    """Raise if a task is about a site's own model, and not as the site's study.yaml says.

    Raises:
        MismatchError: the split or the name is not one of such a task.
        PrivacyError: the study measures no site's model.
    """
    if not task.of_site:
        return
    require_same("split", expected="test", got=task.split)
    if not re.fullmatch(SITE_NAME, task.of_site):
        raise MismatchError("site", expected="the name of a site", got=task.of_site)
    if not site.study.federation.cross_site_evaluation:
        raise PrivacyError("federation.cross_site_evaluation is false in study.yaml: no site's model is measured")


def is_final(task: TrainTask | EvaluateTask) -> bool:
    """Whether this is the final evaluation, of the model that the site ships."""
    return isinstance(task, EvaluateTask) and task.split == "test" and not task.of_site


def taken_model(site: SiteRuntime, task: TrainTask | EvaluateTask, *, after_round: int) -> Buffers:
    """The model of a task, once it is known to be one that this site could have helped to make."""
    trajectory, digest = site.trajectory, task.model_digest

    def admit(model: Buffers) -> None:
        trajectory.admit(digest, model, after_round=after_round, earlier=is_final(task))

    return site.models.take(task, admit=admit, also_kept=trajectory.anchor)


def peer_model(site: SiteRuntime, task: EvaluateTask) -> Buffers:
    """The model of another site, once it is known to be one training away."""
    model = site.models.look_at(task)
    site.trajectory.admit_peer(model, after_round=task.round)
    return model
