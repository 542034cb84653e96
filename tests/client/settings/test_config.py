from pathlib import Path

import pytest

from glsmed.client.settings.config import EgressSection, load_site
from glsmed.shared.errors import ConfigurationError
from glsmed.shared.protocol.metric_names import PERMISSIONS

WHOLE = """\
site: st-mary
centre: {address: "centre.example.org:8443"}
data:
  manifest: data/manifest.csv
  adapter: en_radiology
"""


METRICS = ", ".join(PERMISSIONS)


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(ConfigurationError) as caught:
        load_site(path)
    return [str(fault).removeprefix(f"{path}:").strip() for fault in caught.value.faults]


def test_nothing_may_leave_unless_it_is_named(tmp_path: Path) -> None:
    assert load_site(written(tmp_path, WHOLE)).egress == EgressSection(
        model_updates=False, metrics=(), min_patients=10, cue_counts=False
    )


def test_paths_are_seen_from_the_file(tmp_path: Path) -> None:
    text = WHOLE.replace("en_radiology", "own.yaml\n  gold: /gold/g.csv\n  calibration: c.yaml")
    config = load_site(written(tmp_path, text))
    assert config.data.manifest == tmp_path / "data" / "manifest.csv"
    assert config.data.adapter == str(tmp_path / "own.yaml")
    assert config.data.gold == Path("/gold/g.csv")
    assert config.data.calibration == tmp_path / "c.yaml"
    assert config.study == tmp_path / "study.yaml"
    assert config.key == tmp_path / "keys" / "site.key"
    assert config.state_folder == tmp_path / "state"
    assert config.centre.ca_certificate == tmp_path / "ca.crt"


def test_a_built_in_adapter_is_no_path(tmp_path: Path) -> None:
    assert load_site(written(tmp_path, WHOLE)).data.adapter == "en_radiology"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            WHOLE.replace("adapter:", "adaptor:"),
            ["3: data.adapter: is missing", "5: data.adaptor: unknown key; did you mean 'adapter'?"],
        ),
        (WHOLE + "devise: cpu\n", ["6: devise: unknown key; did you mean 'device'?"]),
        (WHOLE + "site: again\n", ["6: site: is written twice; first in line 1"]),
        (
            WHOLE.replace("st-mary", "St Mary"),
            ["1: site: expected name of this site: small letters, digits and hyphens, got 'St Mary'"],
        ),
        (WHOLE + "cpu_threads: four\n", ["6: cpu_threads: expected a whole number, got 'four'"]),
        (
            WHOLE + "egress: {min_patients: 0}\n",
            ["6: egress.min_patients: expected greater than or equal to 1, got 0"],
        ),
        (WHOLE + "egress: {model_updates: maybe}\n", ["6: egress.model_updates: expected true or false, got 'maybe'"]),
        (
            WHOLE + "egress: {metrics: [auroc, aurok]}\n",
            [f"6: egress.metrics: 'aurok' is not a metric; did you mean 'auroc'?; expected some of {METRICS}"],
        ),
        (
            WHOLE.replace(":8443", ""),
            ["2: centre.address: expected host:port of the centre, got 'centre.example.org'"],
        ),
        (
            WHOLE + "accept_bundles: [abc]\n",
            ["6: accept_bundles[0]: expected text that should match pattern '^[0-9a-f]{64}$', got 'abc'"],
        ),
        ("", ["1: is empty"]),
        ("- a\n", ["1: does not hold keys and values"]),
        ("site: [\n", ["2: is not YAML: expected the node content, but found '<stream end>'"]),
    ],
)
def test_a_fault_says_its_line_and_what_was_expected(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert faults(tmp_path, text) == expected


def test_all_faults_come_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = WHOLE.replace("st-mary", "St Mary") + "device: gpu\nnonsense: 1\n"
    assert [fault.partition(":")[0] for fault in faults(tmp_path, text)] == ["1", "6", "7"]


@pytest.mark.parametrize(
    ("split", "total"), [("{train: 0.7, validation: 0.2, test: 0.2}", "1.1"), ("{train: 0.5}", "0.8")]
)
def test_shares_that_do_not_add_up_to_one_are_refused(tmp_path: Path, split: str, total: str) -> None:
    message = f"6: data.split: train, validation and test add up to {total}, not 1"
    assert faults(tmp_path, WHOLE + f"  split: {split}\n") == [message]


@pytest.mark.parametrize("share", ["0", "1", "-0.1"])
def test_a_share_lies_between_none_and_all(tmp_path: Path, share: str) -> None:
    text = WHOLE + f"  split: {{train: {share}, validation: 0.5, test: 0.5}}\n"
    assert "data.split.train: expected" in faults(tmp_path, text)[0]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"config\.yaml: cannot be read: No such file"):
        load_site(tmp_path / "config.yaml")


@pytest.mark.parametrize("address", ["[::1]:8443", "[2001:db8::7]:443", "192.0.2.7:8443", "centre.example.org:8443"])
def test_addresses_of_every_kind_are_taken(tmp_path: Path, address: str) -> None:
    assert load_site(written(tmp_path, WHOLE.replace("centre.example.org:8443", address))).centre.address == address


def _with_proxy(url: str) -> str:
    return WHOLE.replace('8443"}', f'8443", proxy: "{url}"}}')


@pytest.mark.parametrize(
    "url",
    [
        "http://proxy.test:3128",
        "https://proxy.test",
        "socks5://nurse:s3cret@10.0.0.7:1080",
        "socks5h://[::1]:1080",
    ],
)
def test_a_proxy_is_taken_and_not_shown(tmp_path: Path, url: str) -> None:
    config = load_site(written(tmp_path, _with_proxy(url)))
    assert config.centre.proxy is not None
    assert config.centre.proxy.get_secret_value() == url
    assert url not in repr(config)


@pytest.mark.parametrize(
    "url",
    ["nurse:s3cret@proxy.test:3128", "ftp://nurse:s3cret@proxy.test", "http://nurse:s3cret@", "http://s3cret:x:y"],
)
def test_what_is_no_proxy_is_refused_without_being_shown(tmp_path: Path, url: str) -> None:
    (fault,) = faults(tmp_path, _with_proxy(url))
    assert "centre.proxy: expected http://host:port (or https, socks5, socks5h)" in fault
    assert "s3cret" not in fault
