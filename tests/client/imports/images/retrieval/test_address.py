import pytest

from glsmed.client.imports.images.retrieval.address import DimseAddress, WebAddress, check_title, parse_address
from glsmed.shared.errors import UsageError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://pacs.example.org/dicom-web/", WebAddress("https://pacs.example.org/dicom-web")),
        ("http://localhost:8042/dicom-web", WebAddress("http://localhost:8042/dicom-web")),
        ("dicom://ARCHIVE@pacs.example.org:11112", DimseAddress("ARCHIVE", "pacs.example.org", 11112)),
        ("dicom://MY_PACS@10.0.0.7:104/", DimseAddress("MY_PACS", "10.0.0.7", 104)),
    ],
)
def test_an_address_is_read(written: str, expected: object) -> None:
    assert parse_address(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "pacs.example.org",
        "ftp://pacs.example.org",
        "https://",
        "https://pacs.example.org/dicom-web?token=x",
        "dicom://pacs.example.org:104",
        "dicom://ARCHIVE@pacs.example.org",
        "dicom://ARCHIVE@pacs.example.org:104/more",
        "dicom://ARCHIVE@pacs.example.org:99999999",
    ],
)
def test_another_address_is_refused_with_what_is_expected(written: str) -> None:
    with pytest.raises(UsageError, match="expected https://host/dicom-web or dicom://AET@host:port"):
        parse_address(written)


@pytest.mark.parametrize("title", ["", "  ", "A" * 17, "A\\B", "PÄCS", "A\nB"])
def test_a_title_that_dicom_does_not_allow_is_refused(title: str) -> None:
    with pytest.raises(UsageError, match="AE title: expected"):
        check_title(title)


@pytest.mark.parametrize("written", ["https://me:s3cret@pacs.example.org", "https://me@pacs.example.org"])
def test_a_password_in_the_address_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(UsageError, match="GLSMED_PACS_PASSWORD") as caught:
        parse_address(written)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://pacs.example.org", True),
        ("http://127.0.0.1:8042", True),
        ("http://[::1]:8042", True),
        ("http://localhost", True),
        ("http://pacs.example.org", False),
        ("http://10.0.0.7", False),
    ],
)
def test_only_tls_and_this_machine_are_private(url: str, private: bool) -> None:
    assert WebAddress(url).is_private is private
