import pytest

from glsmed.shared.errors import MismatchError
from glsmed.shared.protocol.messages import require_same


def test_what_is_equal_passes() -> None:
    require_same("round", expected=3, got=3)


def test_what_differs_is_named_with_both_values() -> None:
    with pytest.raises(MismatchError, match=r"^study: expected 'ab', got 'cd'$") as caught:
        require_same("study", expected="ab", got="cd")
    assert caught.value.code == "MismatchError.study"


def test_an_error_holds_no_more_than_a_few_of_the_senders_words() -> None:
    assert len(str(MismatchError("study", expected="ab", got="x" * 10**6))) < 200
