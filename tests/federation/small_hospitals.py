"""Small hospitals in this process: real sites with a few pictures and a network small enough for hundreds of rounds."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor, nn

from glsmed.benchmarks.federation.known_secret import write_known_secret
from glsmed.client.resident.site_runtime import SiteRuntime, load_site_runtime
from glsmed.client.settings.config import CentreAddress, DataSection, EgressSection, SiteConfig, SplitSection
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection

PATIENTS = 24
METRICS: tuple[str, ...] = ("auroc", "log_loss", "loss", "counts")
_SIDE_PX = 40
_CHANNELS = 8
_REPORTS = ("There is {}.", "No {}.", "{} cannot be excluded.")


class TinyNetwork(nn.Module):
    """One convolution and one linear layer, in the place of a study's ResNet."""

    def __init__(self, n_findings: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, _CHANNELS, kernel_size=7, stride=2, padding=3, bias=False)
        self.fc = nn.Linear(_CHANNELS, n_findings)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 1, S, S)`` to ``(N, K)``."""
        logits: Tensor = self.fc(self.conv1(x).relu().mean((2, 3)))
        return logits


def small_study(findings: Sequence[str], *, rounds: int, federation: Mapping[str, object]) -> Study:
    """A study that small hospitals can train."""
    return Study(
        study="doubt",
        findings=tuple(findings),
        model=ModelSection(architecture="resnet10", image_size_px=32),
        training=TrainingSection(rounds=rounds, steps_per_round=1, batch_size=4),
    ).model_copy(update={"federation": Study.model_fields["federation"].default.model_copy(update=dict(federation))})


def small_hospital(
    folder: Path,
    study: Study,
    *,
    adapter: str,
    terms: Mapping[str, str],
    seed: int,
    max_runs: int = 1,
    beside: Sequence[Path] = (),
    roster: Path | None = None,
) -> SiteRuntime:
    """A hospital named as its folder, loaded as its resident process loads it.

    Args:
        folder: gets its files.
        study: what it approved.
        adapter: a built-in one, or the path of its own.
        terms: the words that its reports use for each finding.
        seed: of its patients.
        max_runs: how often it answers the whole study.
        beside: files that it got with study.yaml.
        roster: the sites' keys that it approved; its own key is then ``site.key`` in the folder already.
    """
    _write_data(folder, terms, seed=seed)
    for file in beside:
        shutil.copy(file, folder)
    (folder / "study.yaml").write_text(study.model_dump_json(), encoding="utf-8")  # JSON is YAML
    write_known_secret(StateFolder(folder / "state"), seed)  # every run of a test is the same
    return load_site_runtime(
        SiteConfig(
            site=folder.name,
            study=folder / "study.yaml",
            roster=roster,
            key=folder / "site.key",
            centre=CentreAddress(address="localhost:1"),
            data=DataSection(
                manifest=folder / "manifest.csv",
                adapter=adapter,
                gold=folder / "gold.csv",
                split=SplitSection(train=0.5, validation=0.25, test=0.25),
            ),
            state_folder=folder / "state",
            device="cpu",
            cpu_threads=1,
            egress=EgressSection(model_updates=True, metrics=METRICS, min_patients=1, max_runs=max_runs),
        )
    )


def _write_data(folder: Path, terms: Mapping[str, str], *, seed: int) -> None:
    """Pictures whose brightness follows the first finding, reports about every finding, and gold for those."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    manifest, gold = ["study_id,patient_id,image,report,report_text"], ["study_id,finding,value"]
    for patient in range(PATIENTS):
        said = rng.integers(len(_REPORTS), size=len(terms))
        picture = rng.normal(180 if said[0] == 0 else 60, 20, (_SIDE_PX, _SIDE_PX)).clip(0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{patient}.png")
        sentences = [_REPORTS[which].format(f"a {term}") for which, term in zip(said, terms.values(), strict=True)]
        manifest.append(f"s{patient},p{patient},{patient}.png,,{' '.join(sentences)}")
        gold += [f"s{patient},{finding},{int(which == 0)}" for which, finding in zip(said, terms, strict=True)]
    (folder / "manifest.csv").write_text("\n".join(manifest) + "\n", encoding="utf-8")
    (folder / "gold.csv").write_text("\n".join(gold) + "\n", encoding="utf-8")
