from tests.shared.web.site_for_tests import site
from tests.web_client import signed_in


def test_values_are_escaped_wherever_they_come_from() -> None:
    page = signed_in(site()).get("/", params={"given": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>site" not in page


def test_an_error_of_ours_is_told_and_escaped() -> None:
    answer = signed_in(site()).get("/wrong")
    assert answer.status_code == 400
    assert "&lt;b&gt;expected&lt;/b&gt; a report, got a song" in answer.text


def test_a_fault_of_the_program_tells_nothing_of_its_words() -> None:
    answer = signed_in(site()).get("/broken")
    assert answer.status_code == 500
    assert "words of a report" not in answer.text
    assert "terminal" in answer.text


def test_an_address_without_a_page_says_so() -> None:
    client = signed_in(site())
    assert client.get("/no-such-page").status_code == 404
    assert client.get("/static/../guard.py").status_code == 404
    assert client.get("/static/..%2fguard.py").status_code == 404


def test_the_page_speaks_japanese() -> None:
    page = signed_in(site("ja")).get("/").text
    assert '<html lang="ja">' in page
    assert "最初" in page
    assert "本文へ移動" in page


def test_the_page_that_is_open_is_marked_in_the_navigation() -> None:
    page = signed_in(site()).get("/").text
    assert page.count('aria-current="page"') == 1
