"""The calibration file: readable YAML with every count that was used and every number that follows from it.

It holds counts and probabilities, no text of any report and no identifier; it stays at the site all the same.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.files.documents import StrictModel, load
from glsmed.shared.files.yaml_writer import Flow, dump_yaml
from glsmed.site_adapters.adapter.adapter import Cue

Probability = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
_DIGEST_LENGTH = 12
_HEADER = """\
# What the words of this site mean, learned from its own gold labels. Made by calibrate: make it again instead of
# editing it. mean and spread are of P(finding | cue); strengths were chosen by held-out log-loss.
"""


class Level(StrictModel):
    """Labels, and the posterior that follows from them.

    Attributes:
        trials: gold labels; ``successes`` are those of value 1 (a fraction where alternatives share a cue).
        mean: of the posterior; ``spread`` is its standard deviation.
    """

    trials: Count
    successes: Count
    mean: Probability
    spread: Count


class CueLevel(Level):
    """A cue's posterior, which holds for every finding without one of its own.

    Attributes:
        prior: mean of the prior; ``strength`` is its weight in labels.
        fingerprint: of the cue as it was; empty for a combination of cues ("probable+negated").
    """

    family: str
    prior: Probability
    strength: Positive
    fingerprint: str = ""


class FamilyLevel(StrictModel):
    """How far the cues of a family, as a whole, lie from their priors at this site, in log-odds."""

    trials: Count
    shift: float


class ChosenStrengths(StrictModel):
    """How much each level trusts the one above; see :class:`glsmed.site_adapters.calibration.hierarchy.Strengths`."""

    family: Positive
    cue: Positive
    finding: Positive


class HeldOutLosses(StrictModel):
    """Mean log-loss of a label that the fit had not seen; see ``calibration_fit.HeldOut``."""

    folds: Annotated[int, Field(ge=2)]
    prior: Count
    default: Count
    chosen: Count


class LearnedModel(StrictModel):
    """Weights of the learned scoring by feature; see :mod:`glsmed.site_adapters.calibration.learned_scoring`.

    Attributes:
        used: whether it predicts this site's held-out labels better than the posteriors do, beyond chance.
        held_out: its mean log-loss; ``beta`` is that of the posteriors on the same labels.
    """

    used: bool
    held_out: Count
    beta: Count
    inverse_penalty: Positive
    intercept: float
    weights: dict[str, float]


class CalibrationFile(StrictModel):
    """One site's calibration of one adapter.

    Attributes:
        digest: of the adapter that read the reports.
        reports: how many reports had gold labels; ``labels`` counts those on mentioned findings, ``hedged`` those among
            them whose words leave doubt.
        unmentioned: of P(finding | the report does not mention it).
        cues: by id; ``cues_by_finding`` where a cue was labelled on a finding.
    """

    format: Literal[1] = 1
    adapter: str
    version: int
    digest: str
    reports: int
    labels: int
    hedged: int
    strengths: ChosenStrengths
    held_out: HeldOutLosses | None = None
    unmentioned: Level
    families: dict[str, FamilyLevel]
    cues: dict[str, CueLevel]
    cues_by_finding: dict[str, dict[str, Level]]
    learned: LearnedModel | None = None

    @property
    def identity(self) -> str:
        """sha256 (hex) of its whole content."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def fingerprint(cue: Cue) -> str:
    """A hash that changes with everything that decides where a cue matches and what it means, its prior included."""
    prior = None if cue.prior is None else [cue.prior.mean, cue.prior.strength]
    said = [cue.id, cue.kind, sorted(cue.phrases), cue.scope, cue.reach, cue.family, prior]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:_DIGEST_LENGTH]


def load_calibration_file(path: Path) -> CalibrationFile:
    """The file at ``path``.

    Raises:
        ConfigurationError: with every fault, as ``file:line: key: message``.
    """
    return load(path, CalibrationFile)


def save_calibration_file(path: Path, calibration: CalibrationFile) -> None:
    """Write the file atomically, readable only by its owner.

    Raises:
        OSError: it cannot be written.
    """
    write_text(path, _HEADER + dump_yaml(_document(calibration)), mode=PRIVATE_FILE)


def _document(calibration: CalibrationFile) -> dict[str, object]:
    """The content with one line for each thing that was counted."""
    content = calibration.model_dump(mode="json")
    for key in ("strengths", "held_out", "unmentioned"):
        content[key] = _line(content[key])
    for key in ("families", "cues"):
        content[key] = _lines(content[key])
    content["cues_by_finding"] = {cue: _lines(findings) for cue, findings in content["cues_by_finding"].items()}
    if content["learned"] is None:
        del content["learned"]
    return content


def _line(content: dict[str, object] | None) -> Flow | None:
    return None if content is None else Flow(content)


def _lines(rows: dict[str, dict[str, object]]) -> dict[str, Flow]:
    return {name: Flow(row) for name, row in rows.items()}
