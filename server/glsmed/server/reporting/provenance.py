"""What identifies a study and its model: digests, releases, privacy; in words and tables."""

import platform
from importlib.metadata import PackageNotFoundError, version

from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.pages.blocks import Block, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say
from glsmed.shared.protocol.bundle import RELEASE, bundle_digest

_PACKAGES = ("flwr", "torch", "torchvision", "numpy", "scipy", "safetensors", "pydantic")


def digest_table(record: StudyRecord) -> Table:
    """SHA-256 digests of the study, the run bundle, the kept model and the audit log."""
    rows = [
        [say("study.yaml, as hospitals approved it"), str(record.summary.get("study_digest", record.study.digest()))],
        _bundle_row(record),
        [say("kept model (checkpoint)"), str(record.summary.get("checkpoint_sha256", say("none yet")))],
        [say("last entry of the centre's audit log"), record.audit_head],
    ]
    return Table([say("what"), "SHA-256"], rows)


def version_table() -> Table:
    """The software of the machine that writes the page."""
    rows = [["Python", platform.python_version()], ["glsmed", RELEASE]]
    rows += [[name, _version(name)] for name in _PACKAGES]
    return Table([say("software at the centre"), say("version")], rows)


def privacy_blocks(record: StudyRecord) -> list[Block]:
    """What the study's differential privacy spent at most, or that it was off."""
    privacy = record.study.training.privacy
    if not privacy.is_on:
        return [
            Paragraph(
                say(
                    "Training had no differential privacy (training.privacy.noise_multiplier is 0): no epsilon was "
                    "spent, and nothing bounds what a model tells of a single patient."
                )
            )
        ]
    return [
        Paragraph(
            say(
                "Training was private: noise multiplier {noise}, clipping norm {norm}, delta {delta}, the patient as "
                "the unit. Each site refuses a round that would exceed epsilon {limit}, so no site spent more. What "
                "each spent is in its own account and does not leave it.",
                noise=f"{privacy.noise_multiplier:g}",
                norm=f"{privacy.clip_norm_l2:g}",
                delta=f"{privacy.delta:g}",
                limit=f"{privacy.max_epsilon:g}",
            )
        ),
        Paragraph(_of_metrics(privacy.metrics_epsilon)),
    ]


def _of_metrics(epsilon: float) -> str:
    """Why a private study has few numbers, or none."""
    if not epsilon:
        return say(
            "No metric of a model left a site (training.privacy.metrics_epsilon is 0): no round was chosen by one, the "
            "last is kept, and there is no number of how well the model does. Each site has its own beside its model."
        )
    return say(
        "Metrics are those of the final evaluation alone, out of counts with noise: epsilon {epsilon} of validation "
        "and test patients, who paid nothing for training. No round was chosen by a metric: the last is kept. Numbers "
        "and groups are uncertain by this noise too: docs/privacy.md.",
        epsilon=f"{epsilon:g}",
    )


def intended_use_blocks(record: StudyRecord) -> list[Block]:
    """What the study's authors want the model to be used for, or that they did not say."""
    given = record.study.intended_use
    text = bounded(given, most=2000) if given else say("Not given: study.yaml has no intended_use.")
    research = "glsmed is research software and not a medical device. No model of it may decide about a patient."
    return [Paragraph(text), Paragraph(say(research))]


def architecture_words(record: StudyRecord) -> str:
    """One sentence on network, input and output."""
    study = record.study
    return say(
        "{network}, one grey image of {side} by {side} pixels in, a probability for each of {count} findings out: "
        "{findings}.",
        network=study.model.architecture,
        side=study.model.image_size_px,
        count=len(study.findings),
        findings=", ".join(study.findings),
    )


def unmentioned_words(record: StudyRecord) -> str:
    """What sites do with a finding that a report does not mention."""
    return say("left out" if record.study.labels.unmentioned == "masked" else "taken as absent")


def _bundle_row(record: StudyRecord) -> list[str]:
    """The bundle follows from the release alone, so that of another release cannot be told here."""
    release = record.release or RELEASE
    other = "to be computed with that release; this is {release}"
    digest = bundle_digest() if release == RELEASE else say(other, release=RELEASE)
    return [say("run bundle of glsmed {release}", release=bounded(release, most=40)), digest]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return say("not installed")
