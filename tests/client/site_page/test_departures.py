from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.client.site_page.departures import departure_blocks, read_departures, update_times, verdict_blocks
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.pages.blocks import NONE, Paragraph, Table

UPDATE = {"message": "Update", "round": 3, "bytes": 1_234_000, "metrics": {"loss": 0.5}, "validation": {"auroc/x": 0.9}}


@pytest.fixture
def config(write_config: Callable[..., Path]) -> SiteConfig:
    config = load_site(write_config())
    config.state.prepare()
    return config


def sent(config: SiteConfig, *entries: tuple[str, dict[str, object]]) -> None:
    log = AuditLog(config.state.audit_log)
    for event, fields in entries:
        log.append(event, fields)


def row(config: SiteConfig) -> list[str]:
    return list(tables(config)[0].rows[0][1:])


def tables(config: SiteConfig) -> list[Table]:
    return [block for block in departure_blocks(read_departures(config)) if isinstance(block, Table)]


@pytest.mark.parametrize(
    ("event", "fields", "what", "numbers"),
    [
        ("sent", UPDATE, "the model that it trained in round 3 (1.2 MB)", "loss 0.5; auroc of 1 finding"),
        (
            "sent",
            {**UPDATE, "message": "MaskedUpdate"},
            "its masked change in round 3 (1.2 MB)",
            "loss 0.5; auroc of 1 finding",
        ),
        (
            "sent",
            {"message": "EvaluationReply", "round": 9, "split": "test", "metrics": {}, "local": {"brier": 0.1}},
            "how the model of round 9 does on its test patients",
            "brier 0.1",
        ),
        ("sent", {"message": "CountsReply"}, "how often gold labels confirm each cue", ""),
        ("sent", {"message": "PriorReply"}, "that it starts from the prior of all sites", ""),
        ("sent", {"message": "SharesReply"}, "a message of kind SharesReply", ""),
        ("sent_error", {"code": "DataError"}, "the name of an error: DataError", ""),
        (
            "sent_error",
            {"code": "UnknownModelError"},
            "that it does not hold the model that was named: the centre then sends it",
            "",
        ),
    ],
)
def test_what_left_is_said_in_words(
    config: SiteConfig, event: str, fields: dict[str, object], what: str, numbers: str
) -> None:
    sent(config, (event, fields))
    assert row(config) == [what, numbers]


def test_the_newest_stands_first_and_what_did_not_leave_is_left_out(config: SiteConfig) -> None:
    sent(config, ("sent", UPDATE), ("privacy_paid", {"payments": 1}), ("sent_error", {"code": "DataError"}))
    found = read_departures(config)
    assert [one.kind for one in found.entries] == ["error", "Update"]
    assert found.counts == {"Update": 1, "error": 1}
    assert len(update_times(config.state.audit_log)) == 1


def test_many_numbers_are_counted(config: SiteConfig) -> None:
    sent(config, ("sent", {**UPDATE, "metrics": {f"m{place}": 0.1 for place in range(40)}, "validation": {}}))
    assert row(config)[1].endswith(", and 28 more")


def test_each_metric_is_named_once_and_the_newest_values_stand_by_finding(config: SiteConfig) -> None:
    told = {"n/x": 90, "n/y": 91, "auroc/x": 0.9, "brier/x": 0.1, "patients": 80}
    sent(
        config,
        ("sent", {**UPDATE, "validation": {"auroc/z": 0.1}}),
        ("sent", {"message": "EvaluationReply", "round": 9, "split": "test", "metrics": told}),
        ("sent", {"message": "CountsReply"}),
    )
    messages, values = tables(config)
    assert [row[2] for row in messages.rows] == [
        "",
        "patients 80; auroc, brier of 1 finding; n of 2 findings",
        "loss 0.5; auroc of 1 finding",
    ]
    assert values.header == ["finding", "auroc", "brier", "n"]
    assert values.rows == [["x", "0.9", "0.1", "90"], ["y", NONE, NONE, "91"]]
    assert "how the model of round 9 does on its test patients" in values.caption


def test_before_anything_left_it_says_so(config: SiteConfig) -> None:
    assert departure_blocks(read_departures(config)) == [Paragraph("Nothing has left this site yet.")]


def test_a_changed_log_is_named_with_its_line(config: SiteConfig) -> None:
    sent(config, ("sent", UPDATE), ("sent", UPDATE))
    (whole,) = verdict_blocks(read_departures(config))
    assert isinstance(whole, Paragraph)
    assert whole.text.startswith("The audit log is whole: 2 entries, not signed")
    log = config.state.audit_log
    log.write_text(log.read_text().replace("0.9", "0.8", 1))
    (broken,) = verdict_blocks(read_departures(config))
    assert isinstance(broken, Paragraph)
    assert broken.text.startswith("The audit log is broken at line 1: the entry was changed.")
    assert broken.strong
