from glsmed.shared.web.access import Access, is_same


def test_a_token_lets_one_browser_in_and_the_next_is_told() -> None:
    told: list[str] = []
    access = Access(told.append)
    session = access.enter(told[0])
    assert session is not None
    assert access.session(session.key) is session
    assert access.enter(told[0]) is None
    assert len(told) == 2
    assert access.enter(told[1]) not in (None, session)


def test_no_other_token_or_key_lets_in() -> None:
    access = Access(lambda token: None)
    assert access.enter("") is None
    assert access.enter("é\udcff") is None
    assert access.session("") is None


def test_secrets_are_compared_as_text() -> None:
    assert is_same("é", "é")
    assert not is_same("é", "e")
