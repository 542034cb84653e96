import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.client.commands.check import render
from glsmed.client.egress.query_budget import QueryBudget, Request
from glsmed.client.resident.readiness import CheckReport, run_check
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.protocol.study import load_study

WriteConfig = Callable[..., Path]


@pytest.fixture
def own_data(tmp_path: Path, drawn_data: Path) -> Path:
    """A copy of the drawn site's data that may be spoiled."""
    return Path(shutil.copytree(drawn_data, tmp_path / "data"))


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def check(write_config: WriteConfig, data: Path, **replace: str) -> CheckReport:
    texts = {old.replace("__", ": "): new for old, new in replace.items()}
    return run_check(write_config(manifest=data / "manifest.csv", gold=data / "gold.csv", replace=texts))


def test_a_site_that_is_right_is_counted(write_config: WriteConfig, drawn_data: Path) -> None:
    report = run_check(write_config())
    assert report.faults == []
    assert report.summary is not None
    manifest = rows(drawn_data / "manifest.csv")
    assert report.summary.images == len(manifest)
    assert report.summary.examinations == len({row["study_id"] for row in manifest})
    assert sum(report.summary.split_patients.values()) == len({row["patient_id"] for row in manifest})
    assert report.summary.gold_cells == len(rows(drawn_data / "gold.csv"))
    for states in report.summary.states.values():
        assert sum(states.values()) == report.summary.examinations


def test_the_report_says_device_disk_split_and_cells(write_config: WriteConfig) -> None:
    text = render(run_check(write_config()))
    for pattern in (
        r"^device cpu, 1 threads$",
        r"^disk [\d.]+ GB free at ",
        r"patients \(train \d+, validation \d+, test \d+\)$",
        r"^finding +present +uncertain +absent +unmentioned +not assessable$",
        r"^effusion( +\d+){5}$",
        r"^ready: training could start$",
    ):
        assert re.search(pattern, text, flags=re.MULTILINE), pattern


def test_missing_and_unreadable_files_are_all_listed_at_once(write_config: WriteConfig, own_data: Path) -> None:
    images = sorted((own_data / "images").iterdir())
    images[0].unlink()
    images[1].write_bytes(b"no image")
    images[2].write_bytes(images[2].read_bytes()[:200])
    reports = sorted((own_data / "reports").iterdir())
    reports[-1].unlink()
    reports[-2].write_bytes(b"\xff\xfe\xfd")
    text = "\n".join(check(write_config, own_data).faults)
    for path in (*images[:3], *reports[-2:]):
        assert path.name in text
    assert len(text.splitlines()) == 5


def test_images_are_looked_at_although_the_adapter_is_wrong(write_config: WriteConfig, own_data: Path) -> None:
    image = next((own_data / "images").iterdir())
    image.write_bytes(b"no image")
    report = check(write_config, own_data, adapter__en_radiology="adapter: en_radiolgy")
    assert [image.name in fault for fault in report.faults].count(True) == 1
    assert any("did you mean 'en_radiology'?" in fault for fault in report.faults)


def test_a_manifest_without_a_right_row_is_listed_row_by_row(write_config: WriteConfig, own_data: Path) -> None:
    run_check(write_config(manifest=own_data / "manifest.csv"))
    images = list((own_data / "images").iterdir())
    for image in images:
        image.unlink()
    faults = run_check(write_config(manifest=own_data / "manifest.csv")).faults
    assert len(faults) == len(images)
    assert all("image: no such file" in fault for fault in faults)


def test_counts_are_given_beside_faults(write_config: WriteConfig, own_data: Path) -> None:
    next((own_data / "images").iterdir()).write_bytes(b"no image")
    report = check(write_config, own_data)
    assert report.summary is not None
    assert report.summary.states["effusion"]["uncertain"] > 0
    assert render(report).endswith("1 fault(s): training cannot start")


def test_the_same_image_of_two_patients_in_two_splits_is_a_fault(write_config: WriteConfig, own_data: Path) -> None:
    images = sorted((own_data / "images").iterdir())
    for image in images[1:]:
        image.write_bytes(images[0].read_bytes())
    faults = check(write_config, own_data).faults
    assert faults
    assert all("is the same image as" in fault and "give both rows one patient_id" in fault for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("device: cpu", "device: cuda:7", "device: cuda:7 is not on this machine"),
        ("device: cpu", "state_folder: config.yaml", "the state folder cannot be made: "),
        ("train: 0.5", "train: 0.6", "train, validation and test add up to 1.1, not 1"),
        ("gold: ", "gold: none.csv #", "none.csv: cannot be read: No such file"),
        ("manifest: ", "manifest: none.csv #", "none.csv: cannot be read: No such file"),
        ("en_radiology", "en_radiology\n  calibration: none.yaml", "none.yaml: cannot be read: No such file"),
        ("device: cpu", "device: cpu\ndevices: 5", "devices is 5, but a step of this study has only 4 images"),
        ("device: cpu", "study: none.yaml", "none.yaml: cannot be read: No such file"),
    ],
)
def test_what_keeps_training_from_starting_is_one_fault(
    write_config: WriteConfig, old: str, new: str, fault: str
) -> None:
    report = run_check(write_config(replace={old: new}))
    assert len(report.faults) == 1
    assert fault in report.faults[0]


def test_a_broken_audit_log_is_a_fault(write_config: WriteConfig, tmp_path: Path) -> None:
    (tmp_path / "state" / "audit").mkdir(parents=True)
    (tmp_path / "state" / "audit" / "audit.jsonl").write_text("{}\n")
    assert [f"{tmp_path}/state/audit/audit.jsonl:1: " in fault for fault in run_check(write_config()).faults] == [True]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ca.crt", "", "is not a certificate in PEM"),
        ("keys/site.key", "", "is not an OpenSSH private key"),
        ("keys/site.key", "-----BEGIN OPENSSH PRIVATE KEY-----", "is not an OpenSSH private key"),
    ],
)
def test_a_damaged_certificate_or_key_is_a_fault(
    write_config: WriteConfig, tmp_path: Path, name: str, content: str, said: str
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(content)
    file.chmod(0o600)
    (fault,) = run_check(write_config()).faults
    assert fault.startswith(f"{file}: {said}")


def test_what_is_left_of_questions_is_told(write_config: WriteConfig, tmp_path: Path) -> None:
    config = write_config()
    assert "requests left: train 4 of 4, validation 4 of 4, test 2 of 2, hello 8 of 8" in run_check(config).lines
    ledger = QueryBudget(StateFolder(tmp_path / "state"), load_study(tmp_path / "study.yaml"), runs=2)
    for number in range(2):
        ledger.charge(Request("test", str(number)))
    report = run_check(config)
    assert "requests left: train 4 of 4, validation 4 of 4, test 0 of 2, hello 8 of 8" in report.lines
    assert any("query budget of this study is spent (test)" in line for line in report.warnings)


def test_a_damaged_account_of_questions_is_a_fault(write_config: WriteConfig, tmp_path: Path) -> None:
    config = write_config()
    digest = load_study(tmp_path / "study.yaml").digest()
    (tmp_path / "state" / "accounts").mkdir(parents=True)
    (tmp_path / "state" / "accounts" / f"questions-{digest[:16]}.json").write_text("{")
    (fault,) = run_check(config).faults
    assert f"questions-{digest[:16]}.json: the account of requests cannot be read" in fault


def test_an_adapter_that_extends_itself_is_a_fault(write_config: WriteConfig, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("adapter: own\nextends: own.yaml\n")
    report = run_check(write_config(replace={"en_radiology": "own.yaml"}))
    assert [fault for fault in report.faults if "goes in a circle" in fault] == report.faults[:1]
    assert report.faults[0].startswith(f"{tmp_path / 'own.yaml'}:2: extends: ")


def test_an_adapter_whose_examples_fail_is_a_fault(write_config: WriteConfig, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "adapter: own\nextends: en_radiology\nexamples:\n  - {text: No effusion., expect: {effusion: present}}\n"
    )
    report = run_check(write_config(replace={"en_radiology": "own.yaml"}))
    assert len(report.faults) == 1
    assert "expected present, got absent" in report.faults[0]


def test_a_finding_that_the_adapter_does_not_know_is_masked_with_a_warning(write_config: WriteConfig) -> None:
    study = "study: s\nfindings: [effusion, gallstone]\nmodel: {image_size_px: 32}\n"
    report = run_check(write_config(study=study))
    assert report.faults == []
    assert any("does not know gallstone: masked at this site, never negative" in note for note in report.warnings)
    assert report.summary is not None
    assert set(report.summary.states) == {"effusion"}


def test_an_adapter_that_knows_no_finding_of_the_study_is_a_fault(write_config: WriteConfig) -> None:
    study = "study: s\nfindings: [gallstone]\nmodel: {image_size_px: 32}\n"
    text = "\n".join(run_check(write_config(study=study)).faults)
    assert "knows none of the study's findings: gallstone" in text


def test_a_site_with_too_few_patients_for_its_policy_is_warned(write_config: WriteConfig) -> None:
    report = run_check(write_config(replace={"device: cpu": "egress: {model_updates: true, min_patients: 500}"}))
    assert any("egress.min_patients is 500: no model update may leave" in note for note in report.warnings)


def test_a_study_that_chooses_by_what_may_not_leave_is_named(write_config: WriteConfig) -> None:
    study = (
        "study: chest-doubt\nfindings: [effusion]\nfederation: {choose_by: composite, composite: {calibration: 0}}\n"
    )
    sends = {"device: cpu": "device: cpu\negress: {model_updates: true, metrics: [false_alert_rate, ece]}"}
    report = run_check(write_config(study=study, replace=sends))
    assert any("egress.metrics lacks miss_rate: this site has no say" in note for note in report.warnings)
    assert not any("no say" in note for note in run_check(write_config(replace=sends)).warnings)


def test_a_split_without_a_patient_is_a_fault(write_config: WriteConfig, write_manifest: Callable[..., Path]) -> None:
    manifest = write_manifest("s1,p1,1.png,No effusion.")
    report = run_check(write_config(manifest=manifest))
    assert sum("no patient falls into the" in fault for fault in report.faults) == 2


def test_many_notes_on_the_manifest_are_cut_short(
    write_config: WriteConfig, write_manifest: Callable[..., Path]
) -> None:
    spelled = [f"s{number},{'Pp'[number % 2]}{number // 2},{number}.png,Film {number}." for number in range(62)]
    report = run_check(write_config(manifest=write_manifest(*spelled)))
    assert sum("is taken to be the patient" in note for note in report.warnings) == 20
    assert "11 more notes on the manifest" in report.warnings


def test_unreadable_images_within_the_share_are_warnings_with_a_count(
    write_config: WriteConfig, own_data: Path
) -> None:
    images = sorted((own_data / "images").iterdir())
    for image in images[:3]:
        image.write_bytes(b"no image")
    report = check(write_config, own_data, adapter__en_radiology="adapter: en_radiology\n  max_unreadable: 0.2")
    assert report.faults == []
    (warning,) = [warning for warning in report.warnings if "left out" in warning]
    assert warning.startswith("3 images left out: is not a PNG, JPEG or DICOM image; first: ")
    assert f"{len(images)} images (3 unreadable), " in render(report)


def test_unreadable_images_are_one_fault_and_all_in_a_file(
    write_config: WriteConfig, own_data: Path, tmp_path: Path
) -> None:
    images = sorted((own_data / "images").iterdir())
    for image in images[:9]:
        image.write_bytes(b"no image")
    (fault,) = check(
        write_config, own_data, adapter__en_radiology="adapter: en_radiology\n  max_unreadable: 0.01"
    ).faults
    assert fault.startswith("9 images: is not a PNG, JPEG or DICOM image; first: ")
    listed = (tmp_path / "state" / "patients" / "unreadable-images.txt").read_text()
    assert {line.split(": ")[0] for line in listed.splitlines()} == set(map(str, images[:9]))


def test_what_another_command_writes_is_left_to_it(write_config: WriteConfig, tmp_path: Path) -> None:
    with StateFolder(tmp_path / "state").held(work="the first"):
        report = run_check(write_config())
    assert report.faults == []
    assert any("images and labels were not checked: process" in warning for warning in report.warnings)
    assert not list((tmp_path / "state").glob("**/images-*"))


STUDY = """\
study: chest-doubt
findings: [effusion, nodule]
model: {{architecture: {architecture}, image_size_px: 32{weights}}}
training: {{site_offset: false, privacy: {{noise_multiplier: {noise}}}}}
"""
WEIGHTS = f", initial_weights: {{file: w.safetensors, sha256: {64 * 'a'}, licence: MIT}}"


def test_the_network_is_told_and_how_it_is_trained_privately(write_config: WriteConfig) -> None:
    private = STUDY.format(architecture="timm/test_vit", weights="", noise=1)
    report = run_check(write_config(study=private))
    assert "model timm/test_vit, random weights" in report.lines
    assert any("timm/test_vit is trained one patient at a time" in warning for warning in report.warnings)
    hooked = STUDY.format(architecture="resnet10", weights="", noise=1)
    assert not any("one patient at a time" in warning for warning in run_check(write_config(study=hooked)).warnings)


@pytest.mark.parametrize(
    ("architecture", "weights", "fault"),
    [
        ("timm/test_resnet", "", "timm/test_resnet has batch statistics"),
        ("timm/convnext_tyni", "", "has no network 'convnext_tyni'; did you mean 'convnext_tiny'?"),
        (
            "resnet10",
            WEIGHTS,
            "w.safetensors: no such file: put the weights that the study starts from beside study.yaml",
        ),
    ],
)
def test_a_network_that_this_site_cannot_make_is_a_fault(
    write_config: WriteConfig, architecture: str, weights: str, fault: str
) -> None:
    report = run_check(write_config(study=STUDY.format(architecture=architecture, weights=weights, noise=0)))
    assert [found for found in report.faults if fault in found]
