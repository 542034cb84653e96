import json
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.client.after_study.purge import plan_purge, purge
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.shared.errors import FederationError
from glsmed.shared.files.audit import AuditLog, recorded, verify
from glsmed.shared.files.exclusive_lock import exclusive_lock
from glsmed.shared.protocol.study import load_study

OTHER = "f" * 64


@pytest.fixture
def config(write_config: Callable[..., Path]) -> SiteConfig:
    """A site that took part in its study, and in another one before."""
    config = load_site(write_config())
    state, digest = config.state, load_study(config.study).digest()
    state.prepare()
    AuditLog(state.audit_log).append("sent", {"message": "Update"})
    mine = [state.label_table, state.image_tensor(32), state.models(digest) / "a", state.local_record(digest)]
    mine.append(state.local_model(digest) / "a")
    mine += [state.round_arrays("personal", digest) / "a", state.process_log("resident")]
    theirs = [state.models(OTHER) / "a", state.query_budget(OTHER), state.privacy_account, state.query_budget(digest)]
    for path in (*mine, *theirs):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 10)
    _ship(config, digest)
    return config


def _ship(config: SiteConfig, digest: str) -> None:
    config.state.shipped_model.mkdir(exist_ok=True)
    (config.state.shipped_model / "site.json").write_text(json.dumps({"study": digest}))


def test_what_the_study_left_goes_and_accounts_audit_and_other_studies_stay(config: SiteConfig) -> None:
    state, digest = config.state, load_study(config.study).digest()
    purge(config, plan_purge(config))
    gone = state.patients, state.models(digest), state.local_record(digest), state.local_model(digest), state.logs
    for path in (*gone, state.shipped_model):
        assert not path.exists(), path
    for path in (state.models(OTHER), state.privacy_account, state.query_budget(digest), state.audit_log, config.study):
        assert path.exists(), path
    assert config.data.manifest.is_file()


def test_the_plan_changes_nothing_and_names_both_sides(config: SiteConfig) -> None:
    before = {path: path.read_bytes() for path in config.state_folder.rglob("*") if path.is_file()}
    plan = plan_purge(config)
    assert {path: path.read_bytes() for path in config.state_folder.rglob("*") if path.is_file()} == before
    assert config.state.patients in [one.path for one in plan.goes]
    assert {config.state.audit, config.state.accounts, config.state.models(OTHER)} <= {one.path for one in plan.stays}
    assert plan.bytes > 50


def test_the_audit_log_says_what_went_and_is_whole(config: SiteConfig) -> None:
    purge(config, plan_purge(config))
    (entry,) = recorded(config.state.audit_log, "purged")
    assert entry["study"] == "chest-doubt"
    assert "patients" in str(entry["deleted"])
    assert verify(config.state.audit_log).first_broken is None


def test_a_shipped_model_of_another_study_stays(config: SiteConfig) -> None:
    _ship(config, OTHER)
    purge(config, plan_purge(config))
    assert (config.state.shipped_model / "site.json").is_file()


def test_nothing_goes_while_the_client_works(config: SiteConfig) -> None:
    with (
        exclusive_lock(config.state.lock, work="the client"),
        pytest.raises(FederationError, match="already does this"),
    ):
        purge(config, plan_purge(config))
    assert config.state.label_table.is_file()


def test_a_link_goes_and_what_it_points_to_stays(config: SiteConfig, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "scan.png").write_text("x")
    (config.state.patients / "link").symlink_to(tmp_path / "elsewhere")
    purge(config, plan_purge(config))
    assert (tmp_path / "elsewhere" / "scan.png").is_file()
