"""The record of a study that has finished, written as the centre writes it."""

from pathlib import Path

import pytest

from glsmed.server.admission.registry import admit
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.run_folder import MetricRow, RoundRecord, RunFolder, RunState
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import generate_private_key, make_request

FINDINGS = ("effusion", "nodule", "hernia")
BAD_WORDS = "<script>alert('x')</script> | \u202epatient 4711\n\nSmith"
OPEN = {"n": 100.0, "positives": 40.0, "auroc": 0.8, "auprc": 0.7, "brier": 0.1, "ece": 0.05, "log_loss": 0.4}
BINS = {"calibration_cells_1": 60.0, "calibration_said_1": 0.15, "calibration_true_1": 0.2}


def numbers(site: str, by_finding: dict[str, dict[str, float]], *, split: str = "test") -> list[MetricRow]:
    return [
        MetricRow(2, split, site, "gold", finding, metric, value)
        for finding, metrics in by_finding.items()
        for metric, value in metrics.items()
    ]


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """st-mary sends everything, sakura only AUROC and says no reasons, lukas says nothing, and north never came."""
    made = make_study_folder(tmp_path / "s", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)
    text = made.study_file.read_text(encoding="utf-8")
    start, end = text.index("findings:"), text.index("intended_use:")
    listed = "".join(f"  - {finding}\n" for finding in FINDINGS)
    made.study_file.write_text(f"{text[:start]}findings:\n{listed}\n{text[end:]}", encoding="utf-8")
    for site in ("st-mary", "sakura", "lukas", "north"):
        _admit(made, site, tmp_path)
    _write_run(made)
    return made


def _admit(made: StudyFolder, site: str, folder: Path) -> None:
    digest, file = made.study().digest(), folder / f"{site}.yaml"
    request = make_request(generate_private_key(), site=site, study="doubt", study_digest=digest)
    file.write_text(dump_yaml(request.model_dump()))
    admit(file, sites=made.sites, study="doubt", study_digest=digest)


def _write_run(made: StudyFolder) -> None:
    run = RunFolder(made.run)
    run.keep_study(made.study_file.read_text(encoding="utf-8"))
    run.record("run_started", {"release": "0.1.0"})
    for site, counts in (
        ("st-mary", {"patients": 200.0, "training_cells/effusion": 150.0}),
        ("sakura", {}),
        ("lukas", {}),
    ):
        run.record("site_joined", {"site": site, "release": BAD_WORDS, "metrics": counts})
    run.add_round(RoundRecord(1, 1, 30.0, accepted=False, counted={"st-mary": 150}, not_counted={"sakura": BAD_WORDS}))
    run.add_round(RoundRecord(1, 2, 30.0, accepted=True, counted={"st-mary": 150, "sakura": 90}, not_counted={}))
    run.add_metrics(numbers("st-mary", {"effusion": {"log_loss": 0.4}}, split="validation"))
    told = {"effusion": OPEN, "nodule": {"missing": 3.0}, "hernia": {"missing": 1.0}, "": {"patients": 90.0, **BINS}}
    run.add_metrics([*numbers("st-mary", told), *numbers("sakura", {"effusion": {"auroc": 0.75}})])
    run.write_summary(
        {
            "best_round": 2,
            "chosen_by": {"metric": "log_loss", "mean": 0.4},
            "checkpoint": "checkpoints/round-0002.safetensors",
            "checkpoint_sha256": "c" * 64,
            "study_digest": "d" * 64,
            "not_evaluated": {"lukas": f"refused: {BAD_WORDS}"},
        }
    )
    run.report(RunState("finished", "round 2 is kept", round=2, rounds=2))
