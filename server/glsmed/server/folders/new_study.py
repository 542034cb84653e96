"""A new study folder: its study file, authority and server certificate."""

from collections.abc import Sequence
from pathlib import Path

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.folders.study_template import study_template
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.documents import parse_document, validate
from glsmed.shared.privacy.planning import Plan
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study

_DEFAULT_MODEL = ModelSection()


def make_study_folder(
    root: Path,
    *,
    name: str,
    public_names: Sequence[str],
    port: int,
    loopback_port: int,
    model: ModelSection = _DEFAULT_MODEL,
    ca_passphrase: bytes | None = None,
    private: Plan | None = None,
) -> StudyFolder:
    """The new study folder ``root``, with a commented study file at its defaults.

    Args:
        root: made if it is missing; must not hold a study.
        name: name of the study.
        public_names: DNS names or addresses under which hospitals reach the centre.
        port: public port, for hospitals.
        loopback_port: port for this machine only.
        model: the network, and the weights that it starts from.
        ca_passphrase: encrypts the authority's key.
        private: rounds, steps, batch and noise of a study with differential privacy.

    Raises:
        UsageError: the folder already holds a study or the authority of one.
        ConfigurationError: a name or port is not allowed.
    """
    folder = StudyFolder.at(root)
    if folder.study_file.exists():
        raise UsageError(f"{folder.study_file} exists already: choose another folder, or edit that file")
    text = study_template(
        name, public_names=public_names, port=port, loopback_port=loopback_port, model=model, private=private
    )
    study = validate(parse_document(text, source=str(folder.study_file)), Study)
    if folder.certificates.ca_key.exists():
        raise UsageError(f"{folder.certificates.ca_key} is the authority of another study: choose another folder")
    folder.keep_private()
    folder.certificates.create(study=study.study, public_names=study.centre.public_names, passphrase=ca_passphrase)
    folder.sites.mkdir(exist_ok=True)
    write_text(folder.study_file, text)
    return folder
