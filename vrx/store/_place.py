"""Where a store is: an SQLite file, or a PostgreSQL database by its URL, whose password is told to nobody."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from vrx.errors import InputError, require

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["SECRET", "secrets", "shown", "url_of"]

POSTGRESQL = ("postgresql", "postgresql+psycopg", "postgres")
FORM = "write postgresql+psycopg://user@host/database, or the path of an SQLite file"
SECRET = "***"  # noqa: S105 - what stands in a message instead of one
# Two letters or more: C: is a drive.
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://)?")


def shown(place: str | os.PathLike[str]) -> str:
    """A place as a message may tell it: a path as it is, a URL without user, password and options.

    Examples
    --------
    >>> shown("postgresql+psycopg://me:secret@db.example/vol?sslmode=require")
    'postgresql+psycopg://db.example/vol'
    >>> shown("runs.db")
    'runs.db'
    """
    text = os.fspath(place)
    found = SCHEME.match(text)
    if found is None:
        return text.partition("password=")[0]  # a connection string of libpq, taken for a path
    credentials, _, rest = text[found.end() :].rpartition("@")
    # With a ? before the last @, that @ may stand in the password, or in an option that is one.
    safe = "?" not in credentials and "#" not in credentials
    return f"{found[1]}://{re.split('[?#]', rest)[0] if safe else SECRET}"


def url_of(place: str | os.PathLike[str]) -> "URL":
    """The URL that SQLAlchemy takes.

    Raises
    ------
    InputError
        It is neither a path nor the URL of a PostgreSQL database.
    MissingExtraError
        SQLAlchemy, or the driver of PostgreSQL, is not installed.
    """
    require("sqlalchemy", "research", "a store")
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    text = os.fspath(place)
    scheme = SCHEME.match(text) if isinstance(place, str) else None
    if scheme is None:
        return URL.create("sqlite", database=str(_file(text)))
    if scheme[1] not in POSTGRESQL:
        raise InputError(f"store {shown(text)}: {scheme[1]} is not known: {FORM}")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InputError(f"store {shown(text)}: cannot be read: {FORM}") from None
    if "@" in f"{url.host}{url.database}":
        raise InputError(f"store {shown(text)}: has an @ too many: write one of the password as %40")
    require("psycopg", "research", "a store in PostgreSQL")
    return url.set(drivername="postgresql+psycopg")


def secrets(url: "URL") -> list[str]:
    """What of a URL must not be printed."""
    asked = url.query.get("password", ())
    found = [url.password, *([asked] if isinstance(asked, str) else asked)]
    return [str(one) for one in found if one]


def _file(text: str) -> Path:
    path = Path(text)
    if not text or "password=" in text or "\0" in text:
        raise InputError(f"store {shown(text)!a}: is no name of a file: {FORM}")
    if path.is_dir():
        raise InputError(f"store {path}: is a folder: name a file, such as {path / 'runs.db'}")
    if not path.absolute().parent.is_dir():
        raise InputError(f"store {path}: the folder does not exist: make it first")
    return path.absolute()
