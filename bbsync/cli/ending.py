"""Every outcome becomes an exit code here, and one message if something went wrong."""

from __future__ import annotations

from collections.abc import Callable

import click

from bbsync.cli.invocation import Invocation
from bbsync.cli.signals import Stopped
from bbsync.errors import BbsyncError, ExitCode

_STOPPED = {
    ExitCode.INTERRUPTED: "Interrupted. Run the same command again to go on.",
    ExitCode.TERMINATED: "Terminated. Run the same command again to go on.",
}


def ended(act: Callable[[], object], invocation: Invocation) -> ExitCode:
    """Act; whatever happens becomes an exit code and, if it went wrong, one message on stderr."""
    try:
        found = act()
    except click.exceptions.NoArgsIsHelpError as error:
        invocation.say(error.format_message())
        return ExitCode.USAGE
    except click.UsageError as error:
        return _usage(error, invocation)
    except Stopped as stopped:
        invocation.complain(_STOPPED[stopped.code])
        return stopped.code
    except (KeyboardInterrupt, click.Abort):
        invocation.complain(_STOPPED[ExitCode.INTERRUPTED])
        return ExitCode.INTERRUPTED
    except SystemExit:  # click's answer to a reader who leaves in the middle of a help text
        return ExitCode.OK
    except BbsyncError as error:
        return _foreseen(error, invocation)
    except OSError as error:
        return _system(error, invocation)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug becomes a sentence, and a traceback under -v
        return _bug(error, invocation)
    return found if isinstance(found, ExitCode) else ExitCode.OK


def _usage(error: click.UsageError, invocation: Invocation) -> ExitCode:
    command = error.ctx.command_path if error.ctx else "bbsync"
    what = error.format_message().rstrip(".")
    invocation.failed("BB-USAGE", what, next_step=f"See what is possible: {command} --help")
    return ExitCode.USAGE


def _foreseen(error: BbsyncError, invocation: Invocation) -> ExitCode:
    invocation.failed(error.code, error.what, error.why, error.next_step)
    invocation.trace()
    return error.exit_code


def _system(error: OSError, invocation: Invocation) -> ExitCode:
    """What is nobody's mistake in bbsync, and no step foresaw: no room for temporary files, too many open ones."""
    place = f": {error.filename}" if error.filename else ""
    invocation.failed(
        "BB-SYSTEM",
        "the system stands in the way",
        f"{error.strerror or type(error).__name__}{place}.",
        "Mend that, and run the same command again.",
    )
    invocation.trace()
    return ExitCode.ERROR


def _bug(error: Exception, invocation: Invocation) -> ExitCode:
    invocation.failed(
        "BB-BUG",
        f"bbsync ran into a fault of its own, {type(error).__name__}",
        next_step="Please report it, with what the same command prints with -v added.",
    )
    invocation.trace()
    return ExitCode.ERROR
