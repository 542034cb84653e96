from dataclasses import replace

import pytest

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.provenance import digest_table, privacy_blocks, version_table
from glsmed.server.reporting.study_record import StudyRecord, read_study_record
from glsmed.shared.pages.blocks import Paragraph
from glsmed.shared.protocol.bundle import RELEASE, bundle_digest


@pytest.fixture
def record(folder: StudyFolder) -> StudyRecord:
    return read_study_record(folder)


def test_digests_are_those_of_the_record(record: StudyRecord) -> None:
    digests = {row[0]: row[1] for row in digest_table(record).rows}
    assert digests["study.yaml, as hospitals approved it"] == "d" * 64
    assert digests["kept model (checkpoint)"] == "c" * 64
    assert digests["last entry of the centre's audit log"] == record.audit_head


def test_a_bundle_of_another_release_is_not_made_up(record: StudyRecord) -> None:
    def of(release: str) -> str:
        table = digest_table(replace(record, release=release))
        return next(row[1] for row in table.rows if row[0].startswith("run bundle"))

    assert of(RELEASE) == bundle_digest()
    assert of("9.9.9") == f"to be computed with that release; this is {RELEASE}"


def test_private_training_says_what_bounds_it(record: StudyRecord) -> None:
    content = record.study.model_dump()
    content["training"]["privacy"] |= {"noise_multiplier": 1.5, "max_epsilon": 7.0}
    content["training"]["site_offset"] = False
    private = replace(record, study=type(record.study).model_validate(content))
    block, metrics = privacy_blocks(private)
    assert isinstance(block, Paragraph)
    assert "noise multiplier 1.5" in block.text
    assert "epsilon 7" in block.text
    assert isinstance(metrics, Paragraph)
    assert "No metric of a model left a site" in metrics.text
    content["training"]["privacy"]["metrics_epsilon"] = 1
    private = replace(record, study=type(record.study).model_validate(content))
    (_, metrics) = privacy_blocks(private)
    assert isinstance(metrics, Paragraph)
    assert "epsilon 1 of validation and test patients" in metrics.text


def test_every_package_has_a_version(record: StudyRecord) -> None:
    assert all(row[1] and row[1] != "not installed" for row in version_table().rows)
