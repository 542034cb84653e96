from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.signing.answer_keys import AnswerKeys
from glsmed.shared.files.documents import load
from glsmed.shared.protocol.enrolment import EnrolmentRequest, load_public_key
from tests.server.conftest import AdmitSite


def test_a_site_signs_with_the_key_of_its_request(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    keys = AnswerKeys(new_folder.sites)
    assert keys("a") is None
    request = load(admit_site("a"), EnrolmentRequest)
    assert keys("a") == load_public_key(request.public_key)


def test_a_site_that_is_not_admitted_any_more_has_no_key(new_folder: StudyFolder, admit_site: AdmitSite) -> None:
    admit_site("a")
    keys = AnswerKeys(new_folder.sites)
    assert keys("a") is not None
    (new_folder.sites / "a.yaml").unlink()
    keys.read_again()
    assert keys("a") is None
