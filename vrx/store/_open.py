"""Opening a store: the engine, the first look at the database, and the tables where there are none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vrx.errors import InputError
from vrx.store._place import secrets, shown, url_of
from vrx.store._schema import create, version_in
from vrx.store._store import Store
from vrx.store._transaction import BEGIN, IMMEDIATE, NONE, Transactions

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

__all__ = ["check_store", "open_store"]

# Seconds to wait for a server that went away, or for other writers of a file.
PATIENCE = 60.0
# Options of libpq: a host that does not answer is given up after seconds, not after the minutes of TCP.
ANSWERING = {"connect_timeout": 10, "tcp_user_timeout": 30_000}


@contextmanager
def open_store(place: str | os.PathLike[str], *, new: bool = True, patience: float = PATIENCE) -> Iterator[Store]:
    """Open a store, and make it where there is none.

    Parameters
    ----------
    place
        The path of an SQLite file, or ``postgresql+psycopg://user@host/database``; a password is best kept in
        ``~/.pgpass``, where no process list shows it.
    new
        Whether to make it; else there must be one.
    patience
        Seconds for which a write goes on trying when the server of an open store goes away, or other writers keep the
        file busy. Opening asks a server once.

    Raises
    ------
    InputError
        The place is none, holds something else, or was made by a newer vrx.
    VrxError
        The server does not answer, or refuses.
    MissingExtraError
        SQLAlchemy, or the driver of PostgreSQL, is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import date
    >>> from vrx.store import ForecastRow, Run
    >>> row = ForecastRow(series="btc", model="toy", as_of=date(2024, 12, 31), horizon=1, variance=4e-4)
    >>> with tempfile.TemporaryDirectory() as folder, open_store(f"{folder}/runs.db") as store:
    ...     run = Run.of("predict", "btc", {}, [row])
    ...     store.record(run, [row]), store.record(run, [row]), store.forecasts(run.id) == [row]
    (True, False, True)
    """
    if not 0.0 <= patience < float("inf"):
        raise InputError(f"patience is {patience}: give seconds, such as {PATIENCE:g}")
    with _connected(place, patience) as transactions:
        _prepare(transactions, new=new)
        yield Store(transactions)


def check_store(place: str | os.PathLike[str]) -> None:
    """Refuse what :func:`open_store` would, and make nothing: for a look before long work.

    Examples
    --------
    >>> check_store("mysql://me:secret@host/vol")
    Traceback (most recent call last):
    ...
    vrx.errors.InputError: store mysql://host/vol: mysql is not known: write postgresql+psycopg://user@host/database, \
or the path of an SQLite file
    """
    with _connected(place, PATIENCE) as transactions:
        file = _file_of(transactions)
        # A new file needs a folder to lie in, an old one is locked by files beside it.
        if file is not None and not all(os.access(one, os.W_OK) for one in (file.parent, file) if one.exists()):
            raise InputError(f"store {transactions.name}: cannot be written: take another place")
        if file is None or file.exists():
            _version(transactions)


@contextmanager
def _connected(place: str | os.PathLike[str], patience: float) -> Iterator[Transactions]:
    url = url_of(place)
    engine = _engine(url, patience)
    try:
        yield Transactions(engine, shown(place), secrets(url), patience)
    finally:
        engine.dispose()


def _engine(url: "URL", patience: float) -> "Engine":
    from sqlalchemy import create_engine, event

    if url.get_backend_name() != "sqlite":
        asked = {key: value for key, value in ANSWERING.items() if key not in url.query}
        return create_engine(url, connect_args=asked)
    engine = create_engine(url, connect_args={"timeout": patience})

    @event.listens_for(engine, "connect")
    def _opened(connection: Any, _: object) -> None:
        connection.isolation_level = None  # or the driver would choose when a transaction begins
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begun(connection: "Connection") -> None:
        # A writer takes the lock at once: one that first read could not wait for it.
        if statement := connection.get_execution_options().get(BEGIN, "BEGIN"):
            connection.exec_driver_sql(statement)

    return engine


def _prepare(transactions: Transactions, *, new: bool) -> None:
    """Make the tables where there are none."""
    name, file = transactions.name, _file_of(transactions)
    if not new and file is not None and not file.exists():
        raise InputError(f"store {name}: there is no such file: vrx predict --store {name} makes one")
    if _version(transactions) is not None:
        return
    if not new:
        raise InputError(f"store {name}: holds no runs yet: vrx predict --store makes it")
    if file is not None:
        # Readers and one writer do not wait for each other. The file remembers it; some network folders cannot do it.
        transactions.run(lambda connection: connection.exec_driver_sql("PRAGMA journal_mode = WAL"), NONE)
    transactions.run(lambda connection: create(connection, name), IMMEDIATE)


def _version(transactions: Transactions) -> int | None:
    """A look before anything is written: the database may be another program's."""
    ask = transactions.once if _file_of(transactions) is None else transactions.run
    return ask(lambda connection: version_in(connection, transactions.name))


def _file_of(transactions: Transactions) -> Path | None:
    url = transactions.engine.url
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None
