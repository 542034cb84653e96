import stat
import subprocess
import sys
from pathlib import Path

import pytest

from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import BusyError, DataError


def test_the_folder_is_its_owners_alone_even_where_it_was_open_before(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    StateFolder(tmp_path / "state").prepare()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(DataError, match=r"state: the state folder cannot be made: File exists"):
        StateFolder(tmp_path / "state").prepare()


def test_every_secret_is_another_and_its_owners_alone(tmp_path: Path) -> None:
    state, secrets = StateFolder(tmp_path), set()
    for _ in range(3):
        state.write_new_secret()
        secrets.add(state.superexec_secret.read_text())
    assert len(secrets) == 3
    assert all(len(bytes.fromhex(secret)) == 32 for secret in secrets)
    assert stat.S_IMODE(state.superexec_secret.stat().st_mode) == 0o600


def test_files_keep_the_names_that_sites_have_on_disk() -> None:
    state, digest = StateFolder(Path("state")), "0123456789abcdef" * 4
    paths = {
        state.audit_log: "audit/audit.jsonl",
        state.label_table: "patients/labels.sqlite",
        state.image_tensor(64): "patients/images-64px.npy",
        state.image_index(64): "patients/images-64px.json",
        state.privacy_account: "accounts/privacy.json",
        state.query_budget(digest): "accounts/questions-0123456789abcdef.json",
        state.shared_prior(digest): "models/shared-prior-0123456789abcdef.json",
        state.shipped_model: "models/shipped",
        state.worker_store: "workers.store",
        state.lock: "lock",
        state.resident_ready: "resident.ready",
        state.node_id: "node-id",
        state.superexec_secret: "superexec.secret",
        state.process_log("resident"): "logs/resident.log",
        state.flower_home: "flwr",
        state.compiled_steps: "compiled",
    }
    assert {str(path) for path in paths} == {f"state/{name}" for name in paths.values()}
    assert all(str(path) == f"state/{name}" for path, name in paths.items())


HOLD = """
import sys, time
from pathlib import Path
from glsmed.client.settings.state_folder import StateFolder
with StateFolder(Path(sys.argv[1])).held(work="a test"):
    print("held", flush=True)
    time.sleep(300)
"""


def test_one_process_at_a_time_writes_the_folder_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state")
    with subprocess.Popen([sys.executable, "-c", HOLD, str(state.path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {holder.pid} "), state.held(work="another test"):
            pass
        holder.kill()
    with state.held(work="another test"):
        assert state.lock.exists()
