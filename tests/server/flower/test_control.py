from glsmed.server.flower.control import node_key
from glsmed.shared.protocol.enrolment import generate_private_key, make_request


def test_node_key_is_the_form_that_flower_compares() -> None:
    request = make_request(generate_private_key(), site="a", study="b", study_digest="c")
    assert node_key(request.public_key).startswith(b"-----BEGIN PUBLIC KEY-----")
