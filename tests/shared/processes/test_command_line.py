import pytest
import typer

from glsmed.shared.errors import ConfigurationError, DataError, Fault, GlsmedError, UsageError
from glsmed.shared.processes.command_line import run_command


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
        (SystemExit(130), 130, "interrupted\n"),
        (SystemExit(2), 2, ""),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_a_command_ends_with_one_message_and_its_exit_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, message: str
) -> None:
    assert _exit(error) == code
    assert capsys.readouterr().err == message


def test_ctrl_c_in_a_command_of_typer_is_said_too(capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()

    @app.command()
    def work() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as caught:
        run_command(lambda: app([]))
    assert (caught.value.code, capsys.readouterr().err) == (130, "interrupted\n")


def test_an_error_that_nobody_meant_keeps_its_traceback() -> None:
    def command() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_command(command)
