"""Sites that sign as a resident process does, without its gate, data or audit log."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_ssh_private_key
from flwr.app import Context, Message

from glsmed.server.admission.registry import admit
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import generate_private_key, make_request
from glsmed.shared.signing.answer_signature import LogEnd, signed_answer
from glsmed.shared.signing.task_signature import CentreOfStudy

App = Callable[[Message, Context], Message]


def new_site_key() -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    """A key as `enroll` writes it, and the same to sign with."""
    written = generate_private_key()
    key = load_ssh_private_key(written, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return written, key


def admitted(folder: StudyFolder, site: str, app: App) -> App:
    """The site's app, whose answers are signed by a key that the folder's centre has admitted."""

    written, key = new_site_key()
    study = folder.study()
    request = make_request(written, site=site, study=study.study, study_digest=study.digest())
    file = folder.root / f"request-{site}.yaml"
    file.write_text(dump_yaml(request.model_dump()))
    admit(file, sites=folder.sites, study=study.study, study_digest=study.digest())
    centre = CentreOfStudy(folder.certificates.ca_certificate.read_bytes())

    def answers(message: Message, context: Context) -> Message:
        task = centre.opened(message.content)
        message.content = task.content
        answer = app(message, context)
        if not answer.has_error():
            answer.content = signed_answer(answer.content, task.header, key, audit=LogEnd(0, ""))
        return answer

    return answers
