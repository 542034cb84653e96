from html.parser import HTMLParser

from glsmed.site_adapters.explaining.explanation import explain
from glsmed.site_adapters.explaining.explanation_page import as_html
from glsmed.site_adapters.reading.reader import Reader


class Page(HTMLParser):
    """The texts of ``<mark>`` and all names of tags of a page; every tag that opens must close."""

    VOID = ("meta",)

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.marked: list[str] = []
        self.report = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [name for name, _ in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "mark" in self.open:
            self.marked.append(data)
        if self.open[-1:] in (["p"], ["mark"]) and "p" in self.open:
            self.report += data


def page(reader: Reader, text: str) -> str:
    return as_html([("7", text, explain(reader, text))], title="How it reads")


def test_words_are_marked_where_they_stand(english: Reader) -> None:
    read = Page(page(english, "Small effusion cannot be excluded. No pneumothorax."))
    assert read.marked[-4:] == ["effusion", "cannot be excluded", "No", "pneumothorax"]


def test_the_text_stays_as_it_is(english: Reader) -> None:
    text = "FINDINGS: effusion, <3 cm & stable.\n  Possible mass?"
    assert Page(page(english, text)).report.endswith(text)


def test_nothing_is_run_or_fetched(english: Reader) -> None:
    html = page(english, '<script>alert("x")</script> possible effusion <img src=x onerror=y>')
    read = Page(html)
    assert "script" not in read.tags
    assert "img" not in read.tags
    assert read.links == []
    assert "default-src 'none'" in html


def test_a_span_of_two_findings_names_both(english: Reader) -> None:
    assert "mass: present, cue affirmed; lung_lesion" in page(english, "A mass.") or "lung_lesion: present" in page(
        english, "A mass."
    )


def test_a_report_without_finding_says_so(english: Reader) -> None:
    assert "No finding is mentioned." in page(english, "Fine weather.")
