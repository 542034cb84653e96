"""``flwr-server init``: make a study folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glsmed.server.commands.passphrase_option import chosen_passphrase_file

if TYPE_CHECKING:
    from glsmed.shared.privacy.planning import Plan
    from glsmed.shared.protocol.network_settings import InitialWeights, ModelSection
    from glsmed.shared.protocol.study import Study


def init_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder to make; must not hold a study yet.")],
    name: Annotated[str | None, typer.Option(help="Name of the study.", show_default="the folder's name")] = None,
    public_name: Annotated[
        list[str] | None,
        typer.Option(
            help="DNS name or address under which hospitals reach the centre; may be repeated. Without one only this "
            "machine reaches it, as localhost."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Public port, for hospitals.", min=1, max=65535)] = 8443,
    loopback_port: Annotated[int, typer.Option(help="Port for this machine only.", min=1, max=65535)] = 8440,
    architecture: Annotated[
        str, typer.Option(help="The network: resnet10_x0_25, resnet10, resnet18, resnet50, densenet121 or timm/NAME.")
    ] = "resnet18",
    weights: Annotated[
        Path | None, typer.Option(help="Safetensors file of weights that the study starts from; it is copied.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="Licence of the weights.", show_default="the one in the file's header")
    ] = None,
    private: Annotated[
        float | None,
        typer.Option(
            help="Differential privacy: epsilon of the whole study; noise, batch and steps are planned for it.",
            min=0.1,
            max=20,
        ),
    ] = None,
    patients: Annotated[int, typer.Option(help="For --private: training patients of the smallest site.", min=10)] = 500,
    ca_passphrase_file: Annotated[
        Path | None, typer.Option(help="File whose first line encrypts pki/ca.key; keep it elsewhere.")
    ] = None,
) -> None:
    """Make a study folder: a commented study.yaml, a certificate authority and the server's certificate.

    **Examples**

    - `flwr-server init my-study --public-name centre.example.org`
    - `flwr-server init my-study --public-name centre.example.org --ca-passphrase-file /media/key/passphrase`
    - `flwr-server init my-study --public-name centre.example.org --private 8 --patients 5000`
    - `flwr-server init try-it --architecture timm/convnext_tiny --weights chest.safetensors --licence CC-BY-4.0`
    """
    from glsmed.server.folders.authority.passphrase import passphrase_in
    from glsmed.server.folders.new_study import make_study_folder  # heavy: --help need not wait for it

    passphrase_file = chosen_passphrase_file(context, ca_passphrase_file)
    passphrase = None if passphrase_file is None else passphrase_in(passphrase_file)
    model = _checked_model(folder, architecture, weights, licence)
    plan = None if private is None else _plan(private, patients)
    make_study_folder(
        folder,
        name=name or folder.resolve().name,
        public_names=public_name or ["localhost"],
        port=port,
        loopback_port=loopback_port,
        model=model,
        ca_passphrase=passphrase,
        private=plan,
    )
    if weights is not None and model.initial_weights is not None:
        _copy(weights, folder, model.initial_weights)
    typer.echo(f"made {folder}/study.yaml; edit it, then send it to every hospital with {folder}/pki/ca.crt")
    typer.echo(f"keep {folder}/pki/ca.key and server.key to yourself")
    typer.echo(f"next: flwr-server --study {folder}/study.yaml admit request.yaml   (one request from each hospital)")


def _plan(wanted: float, patients: int) -> "Plan":
    """Noise, batch and steps for an epsilon at the smallest site, which are also told."""
    from glsmed.shared.errors import UsageError
    from glsmed.shared.privacy.planning import PLANNED_ROUNDS, plan_for, planned_batch
    from glsmed.shared.protocol.study import PrivacySection

    try:
        plan = plan_for(
            wanted,
            patients=patients,
            batch_size=planned_batch(patients),
            rounds=PLANNED_ROUNDS,
            delta=PrivacySection().delta,
        )
    except ValueError as error:
        raise UsageError(f"--private: {error}") from None
    typer.echo(
        f"privacy: {plan.rounds} rounds of {plan.steps_per_round} steps on {plan.batch_size} patients with noise "
        f"{plan.noise_multiplier:g} end at epsilon {plan.epsilon:.2f} at a site with {patients} training patients, and "
        "below it at larger sites; metrics of the final evaluation cost validation and test patients epsilon 1 "
        "(training.privacy.metrics_epsilon)"
    )
    return plan


def _checked_model(folder: Path, architecture: str, weights: Path | None, licence: str | None) -> "ModelSection":
    """The study's network with its weights, which fit and can be trained: tried before anything is written."""
    from glsmed.shared.errors import ConfigurationError, UsageError
    from glsmed.shared.files.documents import parse_document, validate
    from glsmed.shared.protocol.network_settings import ModelSection

    model = ModelSection()
    if architecture == model.architecture and weights is None:
        return model
    try:
        content = f"{{architecture: {architecture!r}}}"
        model = validate(parse_document(content, source="--architecture"), ModelSection)
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    from glsmed.server.folders.start_weights import describe_weights
    from glsmed.server.readiness.model_check import check_model

    if weights is not None:
        model = model.model_copy(update={"initial_weights": describe_weights(weights, licence=licence)})
    for line in check_model(weights.parent if weights else folder, _study_of(model)).lines:
        typer.echo(line)
    return model


def _study_of(model: "ModelSection") -> "Study":
    """Any study with this network: how many findings it has makes no difference to what is tried."""
    from glsmed.shared.protocol.study import Study

    return Study(study="new", findings=("finding",), model=model)


def _copy(file: Path, folder: Path, weights: "InitialWeights") -> None:
    from glsmed.shared.protocol.weights_copy import copy_weights

    copy_weights(file, folder, weights)
    typer.echo(f"copied {folder}/{weights}: every hospital needs it beside its study.yaml")
