"""``config.yaml``: one hospital's own settings. Nothing in it comes from the centre."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from glsmed.client.settings.import_section import ImportSection
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.settings.state_migration import migrate_state
from glsmed.shared.files.documents import FalseIsOff, StrictModel, did_you_mean, load
from glsmed.shared.protocol.metric_names import PERMISSIONS
from glsmed.shared.protocol.study import LEAST_DELTA, MOST_DELTA, MOST_EPSILON

SITE_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
_ADDRESS = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$"
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_DEVICE = r"^(auto|cpu|cuda|cuda:[0-9]+)$"
_MODALITY = r"^[A-Z]{2,16}$"
_DIGEST = r"^[0-9a-f]{64}$"
_SUM_TOLERANCE = 1e-6


class CentreAddress(StrictModel):
    """How to reach the coordinating centre."""

    address: Annotated[str, Field(pattern=_ADDRESS, description="host:port of the centre")]
    ca_certificate: Annotated[Path, Field(description="the study's ca.crt, as the centre sent it")] = Path("ca.crt")
    proxy: Annotated[
        SecretStr | None,
        Field(
            description="the hospital's proxy: `http://host:port`, or `https`, `socks5`, `socks5h`; with "
            "`user:password@` before the host where it asks for them; null: HTTPS_PROXY and NO_PROXY of the environment"
        ),
    ] = None

    @field_validator("proxy")
    @classmethod
    def _check_proxy(cls, proxy: SecretStr | None) -> SecretStr | None:
        # the fault must not show the value: it may hold a password
        if proxy is not None and not is_proxy_url(proxy.get_secret_value()):
            raise ValueError(
                "expected http://host:port (or https, socks5, socks5h), with user:password@ before the host if the "
                "proxy asks for them; write / @ : in a password as %2F %40 %3A"
            )
        return proxy


def is_proxy_url(url: str) -> bool:
    """Whether this is the URL of a proxy that a site can go through."""
    try:
        parts = urlsplit(url)
        return parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


class SplitSection(StrictModel):
    """Shares of patients; a patient is in one split only, chosen by a hash of the identifier."""

    train: Annotated[float, Field(gt=0, lt=1, description="fraction of patients to train on")] = 0.7
    validation: Annotated[float, Field(gt=0, lt=1, description="fraction of patients to choose the best round on")] = (
        0.15
    )
    test: Annotated[float, Field(gt=0, lt=1, description="fraction of patients for the final evaluation")] = 0.15
    seed: Annotated[int, Field(ge=0, description="another number gives another split")] = 0

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1) > _SUM_TOLERANCE:
            raise ValueError(f"train, validation and test add up to {total:g}, not 1")
        return self


class DataSection(StrictModel):
    """Where reports and images are; paths are relative to this file."""

    manifest: Annotated[Path, Field(description="CSV with study_id,patient_id,image,report: one row per image")]
    adapter: Annotated[str, Field(description="built-in adapter (en_radiology, …) or the site's own adapter file")]
    gold: Annotated[
        Path | None,
        Field(
            description="CSV with study_id,finding,value (0 or 1), and weight where labels were not drawn evenly; "
            "null: no gold labels"
        ),
    ] = None
    calibration: Annotated[
        Path | None,
        Field(description="cue calibration file, as glsmed-client calibrate writes it; null: the adapter's priors"),
    ] = None
    max_unreadable: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="share of the images that may be unreadable: they are left out, counted and listed; "
            "with more of them nothing starts",
        ),
    ] = 0.0
    modalities: Annotated[
        tuple[Annotated[str, Field(pattern=_MODALITY)], ...],
        Field(
            min_length=1,
            description="DICOM modalities that the study is about; check names images of others, predict refuses them",
        ),
    ] = ("CR", "DX", "RG", "RF")
    clahe: Annotated[
        bool, Field(description="spread the contrast of each region of an image over the grey scale (CLAHE)")
    ] = False
    split: Annotated[SplitSection, Field(description="how patients are split; a patient is in one split only")] = (
        SplitSection()
    )


class EgressSection(StrictModel):
    """What may leave this site; closed by default."""

    model_updates: Annotated[
        bool, Field(description="send trained weights to the centre; without them the site cannot take part")
    ] = False
    metrics: Annotated[
        tuple[str, ...],
        Field(
            description="metrics that may be sent: auroc, auprc, brier, ece, log_loss, loss, counts, "
            "cohort (of each finding, how many labelled cells are present and how many in doubt), "
            "calibration (what was said and what was true in ten bins, of the final evaluation), reasons (why a "
            "finding has no number), gold_quality (of the site's labels, where the study weighs by it), "
            "false_alert_rate and miss_rate (for federation.choose_by: composite, and for the centre's case)"
        ),
    ] = ()
    min_patients: Annotated[
        int,
        Field(
            ge=1,
            description="fewest patients that a number may be about for it to leave, with a finding and without it; "
            "counts leave in steps of it, and change once so many patients have",
        ),
    ] = 10
    cue_counts: Annotated[
        bool, Field(description="send how often gold labels confirm each cue (trials, successes)")
    ] = False
    max_runs: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="query budget: the site answers requests for this many complete runs; a run trains and "
            "validates once a round, and tests once",
        ),
    ] = 2
    show_model_to_peers: Annotated[
        bool,
        Field(
            description="in a study with federation.cross_site_evaluation: the centre may send this site's last update "
            "on to the other sites, which measure it"
        ),
    ] = False
    max_peer_models: Annotated[
        int,
        Field(ge=0, le=1000, description="query budget: how many other sites' models this site measures in a run"),
    ] = 16

    @field_validator("metrics")
    @classmethod
    def _check_metrics(cls, metrics: tuple[str, ...]) -> tuple[str, ...]:
        for name in metrics:
            if name not in PERMISSIONS:
                raise ValueError(
                    f"{name!r} is not a metric{did_you_mean(name, PERMISSIONS)}; "
                    f"expected some of {', '.join(PERMISSIONS)}"
                )
        return metrics


class SitePrivacySection(StrictModel):
    """The site's own limit of what its patients' privacy may cost, whatever a study says."""

    max_epsilon_per_patient: Annotated[
        float,
        Field(
            gt=0,
            le=MOST_EPSILON,
            description="most epsilon that a patient's data may spend in all private studies of this site together, up "
            "to 20",
        ),
    ] = 8.0
    delta: Annotated[
        float,
        Field(ge=LEAST_DELTA, le=MOST_DELTA, description="delta at which all studies are counted together"),
    ] = 1e-5
    account: Annotated[
        Path | None,
        Field(
            description="file of the account; a hospital with several studies names the same in every config.yaml, so "
            "that they are counted together; null: in state_folder"
        ),
    ] = None


class SiteConfig(StrictModel):
    """One hospital; see docs/configuration.md for every key."""

    site: Annotated[str, Field(pattern=SITE_NAME, description="name of this site: small letters, digits and hyphens")]
    study: Annotated[Path, Field(description="this site's approved copy of study.yaml")] = Path("study.yaml")
    roster: Annotated[
        Path | None,
        Field(
            description="this site's approved copy of roster.yaml, the sites' keys: from three sites on, no update "
            "leaves without masks (docs/secure-aggregation.md); null: none approved"
        ),
    ] = None
    centre: Annotated[CentreAddress, Field(description="how to reach the centre")]
    key: Annotated[
        Path,
        Field(
            description="this site's private key; enroll makes it, and it never leaves. The certificate that the "
            "centre sends lies beside it, with the ending .crt"
        ),
    ] = Path("keys/site.key")
    data: Annotated[DataSection, Field(description="reports and images")]
    import_section: Annotated[
        ImportSection,
        Field(alias="import", description="where import finds images and reports, and which; options go before these"),
    ] = ImportSection()
    state_folder: Annotated[Path, Field(description="private folder for caches, label table, logs and audit log")] = (
        Path("state")
    )
    device: Annotated[str, Field(pattern=_DEVICE, description="auto, cpu, cuda or cuda:N")] = "auto"
    devices: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            description="number of GPUs that share each round, counted from device; on a CPU, the number of processes",
        ),
    ] = 1
    compile: Annotated[
        Literal["auto", "off"],
        FalseIsOff,
        Field(
            description="auto: on one GPU, time compiled against ordinary steps in the first round and keep the "
            "faster; off: never",
        ),
    ] = "off"
    cpu_threads: Annotated[
        int | None, Field(ge=1, description="number of threads for training on a CPU; null: all cores")
    ] = None
    metrics_port: Annotated[
        int | None,
        Field(
            ge=1,
            le=65535,
            description="port for Prometheus metrics, for this machine only; null: no metrics are served",
        ),
    ] = None
    alert_sensitivity: Annotated[
        float,
        Field(
            ge=0.5,
            le=0.99,
            description="share of the present findings for which predict raises an alert, by the validation patients",
        ),
    ] = 0.9
    egress: Annotated[EgressSection, Field(description="what may leave this site")] = EgressSection()
    privacy: Annotated[
        SitePrivacySection,
        Field(description="what differential privacy may cost this site's patients in all studies together"),
    ] = SitePrivacySection()
    accept_bundles: Annotated[
        tuple[Annotated[str, Field(pattern=_DIGEST)], ...],
        Field(description="SHA-256 of further run bundles to accept; the installed release's own is always accepted"),
    ] = ()

    @property
    def own_files(self) -> tuple[Path, ...]:
        """The hospital's own files that this configuration names; no command may write over them."""
        data = self.data
        optional = [path for path in (data.gold, data.calibration, self.roster) if path is not None]
        return (self.study, self.key, self.centre.ca_certificate, data.manifest, *optional)

    @property
    def state(self) -> StateFolder:
        """The files in ``state_folder``."""
        return StateFolder(self.state_folder)


def load_site(path: Path) -> SiteConfig:
    """The site at ``path``, with every path made absolute from the file's folder.

    A state folder that an earlier release wrote is brought into today's form, so that no command reads the old places.

    Raises:
        ConfigurationError: with every fault of the file.
        DataError: the state folder cannot be brought into today's form.
    """
    config = _resolved(load(path, SiteConfig), path.resolve().parent)
    migrate_state(config.state)
    return config


def _resolved(config: SiteConfig, folder: Path) -> SiteConfig:
    data = config.data
    adapter = str(folder / data.adapter) if data.adapter.endswith((".yaml", ".yml")) else data.adapter
    gold = None if data.gold is None else folder / data.gold
    calibration = None if data.calibration is None else folder / data.calibration
    account = None if config.privacy.account is None else folder / config.privacy.account
    return config.model_copy(
        update={
            "study": folder / config.study,
            "roster": None if config.roster is None else folder / config.roster,
            "key": folder / config.key,
            "state_folder": folder / config.state_folder,
            "import_section": config.import_section.resolved(folder),
            "privacy": config.privacy.model_copy(update={"account": account}),
            "centre": config.centre.model_copy(update={"ca_certificate": folder / config.centre.ca_certificate}),
            "data": data.model_copy(
                update={
                    "manifest": folder / data.manifest,
                    "adapter": adapter,
                    "gold": gold,
                    "calibration": calibration,
                }
            ),
        }
    )
