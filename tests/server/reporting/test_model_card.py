from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.model_card import model_card
from glsmed.server.reporting.study_record import read_study_record
from glsmed.shared.pages.blocks import Heading, Page
from glsmed.shared.pages.markdown_page import as_markdown


def _card(folder: StudyFolder) -> Page:
    return model_card(read_study_record(folder), written_at="today")


def test_it_has_the_sections_of_a_model_card_in_their_order(folder: StudyFolder) -> None:
    headings = [block.text for block in _card(folder).blocks if isinstance(block, Heading) and block.level == 2]
    wanted = ["Model", "Intended use", "Training", "Performance"]
    assert [heading for heading in headings if heading in wanted] == wanted


def test_it_says_that_the_centres_model_lacks_what_is_each_sites_own(folder: StudyFolder) -> None:
    text = as_markdown(_card(folder)).replace("\\", "")
    assert "no base-rate offset and no output calibration" in text
    assert "not a medical device" in text
