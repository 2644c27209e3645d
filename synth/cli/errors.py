"""Errors of commands: one line each, and a report about one that nobody expected."""

import platform
import shlex
import sys
import tempfile
import traceback
import warnings

import click

from synth._version import __version__
from synth.cli.exit_status import exit_status, stopping
from synth.cli.help import Grouped
from synth.cli.output import say
from synth.errors import SynthError, one_line

#: The exit status after an error that nobody expected (EX_SOFTWARE of sysexits.h).
INTERNAL = 70


class Commands(Grouped, click.Group):
    """Prints an error of any command as one line and exits with status 2."""

    command_class = Grouped

    def main(self, *args, **extra):
        with warnings.catch_warnings(), stopping():
            warnings.showwarning = _show_warning
            self._main(*args, **extra)

    def _main(self, *args, **extra):
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}) or 0)
        except SystemExit:
            raise
        except (click.Abort, KeyboardInterrupt):
            sys.exit(exit_status())
        except click.exceptions.NoArgsIsHelpError as error:
            say(error.format_message())
            sys.exit(2)
        except click.ClickException as error:
            text = error.format_message()
        except SynthError as error:
            text = str(error)
        except OSError as error:
            text = f"cannot write: {error.strerror}"
        except MemoryError:
            text = "out of memory; allow a search less with --memory, or give a smaller table"
        except BaseException as error:  # noqa: BLE001 - people get a line, and we a report
            say(f"synth: {internal_error(error)}")
            sys.exit(INTERNAL)
        say(f"synth: {' '.join(text.split())}")
        sys.exit(2)

    def list_commands(self, ctx):
        return list(self.commands)


def _show_warning(message, category, filename, lineno, file=None, line=None):
    say(f"synth: warning: {' '.join(str(message).split())}")


def internal_error(error):
    """The line about an unexpected error; it names a new file with a report.

    The report has versions, the command and the lines of code that were running.  It has no
    messages of errors and no values of variables, since these can quote the user's table.
    """
    what = f"{type(error).__name__}: {one_line(error)}"
    line = f"internal error: {what if len(what) <= 200 else what[:197] + '...'}; this is a fault "
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="synth-error-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(_report(error))
    except OSError as failure:
        return f"{line}of synth (no report could be written: {failure.strerror})"
    return f"{line}of synth, please report it with the file {file.name}"


def _report(error):
    lines = [
        f"synth {__version__}, Python {platform.python_version()}, {platform.platform()}\n",
        f"command: {shlex.join(sys.argv)}\n",
    ]
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines += [f"\n{type(error).__module__}.{type(error).__qualname__}, raised by\n"]
        lines += traceback.format_tb(error.__traceback__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines)
