"""The command line: one thin module a command over plain functions.

Exit codes: 0 done, 1 something failed, 2 wrong input or usage, 3 a bad model file. An error is one line on standard
error; ``VRX_DEBUG=1`` adds the traceback.
"""

import os
import sys

from vrx.errors import VrxError

__all__ = ["main"]


def main() -> None:
    """Run the command line; the entry point of the ``vrx`` script."""
    from vrx.cli.app import build

    try:
        build(sys.argv[1:])(prog_name="vrx")
    except VrxError as error:
        _end(str(error), error.exit_code, error)
    except BrokenPipeError:
        # The reader (head, less) has seen enough. What Python still holds must not be flushed into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt as error:  # while the command was being loaded; later it ends so by itself
        _end("interrupted", 130, error)
    except OSError as error:
        _end(f"{error.filename or 'output'}: {error.strerror or error}", 1, error)
    except MemoryError as error:
        _end("out of memory: give fewer rows", 1, error)
    except Exception as error:  # the last door: a bug, told in one line
        _end(
            f"unexpected {type(error).__name__}: {error} (VRX_DEBUG=1 shows where; please report it)",
            1,
            error,
        )


def _end(message: str, code: int, error: BaseException) -> None:
    if os.environ.get("VRX_DEBUG") == "1":
        raise error
    print("vrx: " + " ".join(message.split()), file=sys.stderr)
    sys.exit(code)
