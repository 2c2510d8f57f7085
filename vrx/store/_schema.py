"""The tables of a store, and whether a database holds them."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from vrx.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData, Table

__all__ = ["VERSION", "Tables", "create", "tables", "version_in"]

VERSION = 1
# Of the lock under which PostgreSQL lets one process at a time make the tables: any number that others do not use.
LOCK = 0x767278


@dataclass(frozen=True)
class Tables:
    """The tables by what they hold."""

    metadata: "MetaData"
    schema: "Table"
    runs: "Table"
    forecasts: "Table"
    scores: "Table"
    artefacts: "Table"


@cache
def tables() -> Tables:
    """The layout; numbers are eight bytes wide everywhere, so that forecasts come back to the last bit."""
    from sqlalchemy import JSON, BigInteger, Column, Date, DateTime, Double, ForeignKey, Integer, MetaData, Table, Text

    metadata = MetaData()
    json = JSON(none_as_null=True)

    def key(name: str, kind: type[Text | Date | Integer]) -> "Column[object]":
        return Column(name, kind, primary_key=True, autoincrement=False)

    def run() -> "Column[str]":
        return Column("run_id", Text, ForeignKey("vrx_runs.id"), primary_key=True)

    def number(name: str, *, nullable: bool = False) -> "Column[float]":
        return Column(name, Double, nullable=nullable)

    return Tables(
        metadata,
        schema=Table("vrx_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False)),
        runs=Table(
            "vrx_runs",
            metadata,
            key("id", Text),
            Column("command", Text, nullable=False),
            Column("series", Text, nullable=False),
            Column("facts", json, nullable=False),
            Column("recorded", DateTime(timezone=True), nullable=False, index=True),
        ),
        forecasts=Table(
            "vrx_forecasts",
            metadata,
            run(),
            *(key(name, Text) for name in ("series", "model", "model_sha256")),
            key("as_of", Date),
            key("horizon", Integer),
            number("variance"),
            number("volatility"),
            number("log_variance", nullable=True),
            Column("quantiles", json),
            sqlite_with_rowid=False,
        ),
        scores=Table(
            "vrx_scores",
            metadata,
            run(),
            *(key(name, Text) for name in ("part", "model")),
            key("horizon", Integer),
            key("name", Text),
            number("value", nullable=True),
            sqlite_with_rowid=False,
        ),
        artefacts=Table(
            "vrx_artefacts",
            metadata,
            run(),
            key("path", Text),
            Column("sha256", Text, nullable=False),
            Column("bytes", BigInteger, nullable=False),
            sqlite_with_rowid=False,
        ),
    )


def version_in(connection: "Connection", place: str) -> int | None:
    """The version of the tables; None where there are none yet.

    Raises
    ------
    InputError
        The database is somebody else's, of a newer vrx, or damaged.
    """
    from sqlalchemy import inspect, select

    ours = set(tables().metadata.tables)
    found = set(inspect(connection).get_table_names())
    if connection.dialect.name != "sqlite":
        found &= ours  # a PostgreSQL database may serve others too; an SQLite file is one thing
    if not found:
        return None
    if "vrx_schema" not in found:
        raise InputError(f"store {place}: holds tables of something else ({min(found)}): take another")
    versions = list(connection.scalars(select(tables().schema.c.version)))
    if len(versions) == 1 and isinstance(versions[0], int) and versions[0] > VERSION:
        raise InputError(f"store {place}: is of layout {versions[0]}, this vrx reads {VERSION}: install a newer vrx")
    if versions != [VERSION] or not ours <= found:
        raise InputError(f"store {place}: is damaged (its layout is {versions}): restore it from a copy")
    return VERSION


def create(connection: "Connection", place: str) -> None:
    """Make the tables, unless another process was faster."""
    from sqlalchemy import func, insert, select

    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    if version_in(connection, place) is None:
        tables().metadata.create_all(connection)
        connection.execute(insert(tables().schema).values(version=VERSION))
