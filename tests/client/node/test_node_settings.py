from pathlib import Path

from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.settings.config import SiteConfig


def test_the_settings_are_those_of_the_sites_files(drawn_config: SiteConfig, tmp_path: Path) -> None:
    settings = NodeSettings.of(drawn_config, runtime_port=9000)
    assert (settings.centre, settings.site) == ("127.0.0.1:8443", "st-mary")
    assert settings.ca_certificate == tmp_path / "ca.crt"
    assert settings.private_key == tmp_path / "keys" / "site.key"
    assert settings.superexec_secret == tmp_path / "state" / "superexec.secret"
    assert settings.node_id_file == tmp_path / "state" / "node-id"


def test_tasks_are_handed_out_on_the_loopback_interface_alone(drawn_config: SiteConfig) -> None:
    assert NodeSettings.of(drawn_config, runtime_port=9000).runtime_address == "127.0.0.1:9000"
