import inspect

import pytest

from glsmed.shared import errors
from glsmed.shared.errors import ConfigurationError, DataError, Fault, GlsmedError, PrivacyError, UsageError
from glsmed.shared.processes.command_line import run_command

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, GlsmedError)]


@pytest.mark.parametrize("kind", CLASSES)
def test_the_tree_in_the_docstring_names_every_error(kind: type[GlsmedError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (Fault("f.yaml", "is empty"), "f.yaml: is empty"),
        (Fault("f.yaml", "is empty", line=3), "f.yaml:3: is empty"),
        (Fault("f.yaml", "is missing", line=3, key="a.b"), "f.yaml:3: a.b: is missing"),
        (Fault("f.yaml", "is missing", key="a.b"), "f.yaml: a.b: is missing"),
    ],
)
def test_a_fault_says_where(fault: Fault, shown: str) -> None:
    assert str(fault) == shown


def test_a_configuration_error_shows_every_fault_on_a_line_of_its_own() -> None:
    error = ConfigurationError([Fault("a", "x"), Fault("b", "y")])
    assert str(error) == "a: x\nb: y"


def test_the_code_of_an_error_holds_nothing_of_its_message() -> None:
    assert PrivacyError("patient 4711").code == "PrivacyError"


def _exit(error: BaseException) -> int:
    def command() -> None:
        raise error

    with pytest.raises(SystemExit) as caught:
        run_command(command)
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (GlsmedError("it failed"), 1, "error: it failed\n"),
        (UsageError("used wrongly"), 2, "error: used wrongly\n"),
        (ConfigurationError([Fault("f", "x")]), 2, "error: f: x\n"),
        (DataError("no data"), 2, "error: no data\n"),
        (
            OSError(28, "No space left on device", "/data/out.json"),
            1,
            "error: /data/out.json: No space left on device\n",
        ),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_a_command_ends_with_one_message_and_its_exit_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, message: str
) -> None:
    assert _exit(error) == code
    assert capsys.readouterr().err == message


def test_an_error_that_nobody_meant_keeps_its_traceback() -> None:
    def command() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_command(command)
