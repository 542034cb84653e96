from glsmed.benchmarks.corpora.openi import OpeniReport
from glsmed.benchmarks.language.bare_mentions.mentions import bare_mentions, forms, unread_mentions
from tests.site_adapters.conftest import built_in_reader

ENGLISH = built_in_reader("en_radiology")


def report(text: str, **gold: int) -> OpeniReport:
    return OpeniReport("CXR1", text, gold)


def test_a_mention_that_decides_without_a_cue_has_its_section_value_and_system() -> None:
    text = "FINDINGS: Possible nodule. Effusion.\nIMPRESSION: Small effusion. No pneumothorax."
    reports = [report(text, effusion=1, nodule=0, pneumothorax=0)]
    (mention,) = bare_mentions(ENGLISH, reports, {"CXR1": "B"})
    assert (mention.section, mention.value, mention.system) == ("impression", 1, "B")
    assert mention.sentence == "Small effusion."


def test_forms_are_told_apart() -> None:
    told = forms(ENGLISH.adapter.phrasing["verbs"])
    texts = {
        "a noun phrase alone": "Small effusion.",
        'joined by "or" to another finding': "Effusion or atelectasis.",
        "in the findings, not the impression": "FINDINGS: Small effusion.",
        "in a sentence with a verb": "There is a small effusion.",
        'in a list of three or more, without "or"': "Effusion, atelectasis, nodule.",
        "beside a sign that is not read": "Effusion # 2.",
    }
    for name, text in texts.items():
        mentions = list(bare_mentions(ENGLISH, [report(text, effusion=1)], {}))
        assert [told[name](mention) for mention in mentions] == [True], name
    plain = next(bare_mentions(ENGLISH, [report("IMPRESSION: Effusion, nodule.", effusion=1)], {}))
    assert not any(form(plain) for form in told.values())


def test_what_only_a_section_without_evidence_names_is_counted_there() -> None:
    reports = [report("INDICATION: Pneumonia, effusion.\nFINDINGS: Effusion.", pneumonia=0, effusion=1)]
    assert unread_mentions(ENGLISH, reports) == {"indication": (1, 0)}
