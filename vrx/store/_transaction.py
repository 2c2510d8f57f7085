"""Transactions that are tried again when it was the connection that failed, and told in one line when it was not."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from vrx.errors import InputError, VrxError
from vrx.store._place import SECRET

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

__all__ = ["BEGIN", "DEFERRED", "IMMEDIATE", "NONE", "Transactions"]

T = TypeVar("T")

# The option of a connection that says how SQLite begins, and what it may say.
BEGIN = "vrx_begin"
DEFERRED, IMMEDIATE, NONE = "BEGIN", "BEGIN IMMEDIATE", ""
# Seconds between two attempts, doubled from the one to the other.
FIRST, LONGEST = 0.05, 2.0
BUSY, LOCKED, NOT_A_DATABASE = 5, 6, 26  # https://www.sqlite.org/rescode.html
# https://www.postgresql.org/docs/current/errcodes-appendix.html: lost connections are class 08; the rest are a server
# that shuts down, crashed, starts, is full, and two writers in each other's way.
PASSING = {"57P01", "57P02", "57P03", "53300", "40001", "40P01"}


@dataclass(frozen=True)
class Transactions:
    """The database of one store."""

    engine: "Engine"
    name: str
    secrets: list[str]
    patience: float

    def run(self, work: "Callable[[Connection], T]", begin: str = DEFERRED) -> T:
        """Do some work in a transaction, and again while the connection is what fails.

        A connection that is lost in a commit leaves open whether it was done: the work must be such that doing it
        twice does no harm.
        """
        return self._run(work, begin, time.monotonic() + self.patience)

    def once(self, work: "Callable[[Connection], T]") -> T:
        """Do some work in a transaction; what fails, fails, as a wrong password is no better the second time."""
        return self._run(work, DEFERRED, time.monotonic())

    def _run(self, work: "Callable[[Connection], T]", begin: str, until: float) -> T:
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        pause = FIRST
        while True:
            try:
                with self.engine.connect().execution_options(**{BEGIN: begin}) as connection, connection.begin():
                    return work(connection)
            except DBAPIError as error:
                if not _passes(error) or time.monotonic() + pause > until:
                    raise self._refusal(error) from None
            except SQLAlchemyError as error:
                raise VrxError(self._told(str(getattr(error, "orig", None) or error))) from None
            time.sleep(pause)
            pause = min(2.0 * pause, LONGEST)

    def _refusal(self, error: "DBAPIError") -> VrxError:
        if _sqlite_code(error) == NOT_A_DATABASE:
            return InputError(f"store {self.name}: is no SQLite file: take another name")
        return VrxError(self._told(str(error.orig)))

    def _told(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, SECRET)
        return f"store {self.name}: " + " ".join(text.split())


def _passes(error: "DBAPIError") -> bool:
    """Whether it may work in a moment."""
    from sqlalchemy.exc import OperationalError

    if (code := _sqlite_code(error)) is not None:
        return code in (BUSY, LOCKED)
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # libpq could not connect, or lost the connection
        return isinstance(error, OperationalError) or error.connection_invalidated
    return state.startswith("08") or state in PASSING


def _sqlite_code(error: "DBAPIError") -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
