from pathlib import Path

import pytest

from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.settings.state_migration import migrate_state
from glsmed.shared.errors import DataError
from glsmed.shared.files.exclusive_lock import exclusive_lock

DIGEST = "0123456789abcdef" * 4
SHORT = DIGEST[:16]


@pytest.fixture
def old(tmp_path: Path) -> StateFolder:
    """A state folder as the release before left it; every file holds its own old name."""
    files = ["audit.jsonl", "labels.sqlite", "images-64px.npy", "images-64px.json", "privacy.json", "shipped/site.json"]
    files += [f"questions-{SHORT}.json", f"local-{SHORT}.json", f"shared-prior-{SHORT}.json"]
    files += [f"{name}-{SHORT}/round.safetensors" for name in ("models", "local-layers", "control", "personal")]
    for name in (*files, "lock", "logs/resident.log", "node-id"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    return StateFolder(tmp_path)


def test_everything_is_found_where_it_is_looked_for(old: StateFolder) -> None:
    migrate_state(old)
    found = {
        old.audit_log: "audit.jsonl",
        old.label_table: "labels.sqlite",
        old.image_tensor(64): "images-64px.npy",
        old.image_index(64): "images-64px.json",
        old.privacy_account: "privacy.json",
        old.query_budget(DIGEST): f"questions-{SHORT}.json",
        old.local_record(DIGEST): f"local-{SHORT}.json",
        old.shared_prior(DIGEST): f"shared-prior-{SHORT}.json",
        old.shipped_model / "site.json": "shipped/site.json",
        old.models(DIGEST) / "round.safetensors": f"models-{SHORT}/round.safetensors",
        old.round_arrays("control", DIGEST) / "round.safetensors": f"control-{SHORT}/round.safetensors",
        old.round_arrays("personal", DIGEST) / "round.safetensors": f"personal-{SHORT}/round.safetensors",
        old.lock: "lock",
        old.node_id: "node-id",
    }
    assert {path: path.read_text() for path in found} == found
    assert not (old.path / "audit.jsonl").exists()


def test_an_interrupted_move_is_finished_by_the_next(old: StateFolder) -> None:
    (old.path / "audit").mkdir()
    (old.path / "audit.jsonl").rename(old.audit_log)
    migrate_state(old)
    assert old.audit_log.read_text() == "audit.jsonl"
    assert old.label_table.is_file()


def test_a_folder_of_today_stays_as_it_is(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.prepare()
    before = sorted(tmp_path.rglob("*"))
    with exclusive_lock(state.lock, work="the client"):
        migrate_state(state)
    state.lock.unlink()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_running_client_keeps_its_files(old: StateFolder) -> None:
    with (
        exclusive_lock(old.lock, work="the client"),
        pytest.raises(DataError, match="a glsmed-client works with it: stop that"),
    ):
        migrate_state(old)
    assert (old.path / "audit.jsonl").is_file()


def test_two_audit_logs_are_refused_and_neither_is_lost(old: StateFolder) -> None:
    old.audit.mkdir()
    old.audit_log.write_text("newer")
    with pytest.raises(
        DataError, match=r"audit\.jsonl is of an earlier release, but .*audit/audit\.jsonl is there too"
    ):
        migrate_state(old)
    assert (old.path / "audit.jsonl").read_text() == "audit.jsonl"
    assert old.audit_log.read_text() == "newer"
    assert (old.path / "labels.sqlite").is_file()
