"""The command line as tests run it."""

from click.testing import CliRunner

from synth.cli import main


def run(*arguments, code=0):
    """Standard output of a command that must exit with `code`; its one line of error at 2."""
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == code, result.output + repr(result.exception)
    if code == 2:
        assert "Traceback" not in result.stderr
        assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr if code == 2 else result.stdout
