"""An open store: what is recorded, and what is read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from vrx._arrays import whole_number
from vrx.errors import InputError, VrxError
from vrx.store._rows import LARGEST, Artefact, ForecastRow, Row, Run, ScoreRow
from vrx.store._schema import tables
from vrx.store._transaction import IMMEDIATE, Transactions

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select, Table

__all__ = ["Store", "Summary"]

R = TypeVar("R", ForecastRow, ScoreRow, Artefact)

# Rows asked for by their keys at once: six values each, and SQLite of old took 999.
AT_ONCE = 150


@dataclass(frozen=True)
class Summary:
    """A run, and how much there is of it."""

    run: Run
    forecasts: int
    scores: int
    artefacts: int


class Store:
    """Runs in a database; made by :func:`vrx.store.open_store`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def __repr__(self) -> str:
        return f"Store({self.name!r})"

    @property
    def name(self) -> str:
        """Where it is, without a password."""
        return self._transactions.name

    def record(self, run: Run, rows: Iterable[Row] = ()) -> bool:
        """Record a run, or more rows of one, in one transaction.

        Parameters
        ----------
        run
            The run; it is recorded with its first rows.
        rows
            What belongs to it.

        Returns
        -------
        bool
            Whether the run is new here.

        Raises
        ------
        InputError
            The store holds other values under the key of one of them; nothing is recorded.
        VrxError
            The database refuses, or did not come back within the patience of the store.
        """
        kinds: dict[type[Row], list[Row]] = {}
        for row in rows:
            kinds.setdefault(type(row), []).append(row)
        began = datetime.now(UTC)

        def work(connection: "Connection") -> bool:
            new = self._record_run(connection, run, began)
            for kind, these in kinds.items():
                self._record_rows(connection, kind, run.id, these)
            return new

        return self._transactions.run(work, IMMEDIATE)

    def runs(self, last: int | None = None) -> list[Summary]:
        """The runs in the order of their recording, or only the last ones of them."""
        from sqlalchemy import func, select

        most = None if last is None else whole_number(last, "last", 1, LARGEST)
        runs = tables().runs
        counts = [
            select(func.count()).where(part.c.run_id == runs.c.id).scalar_subquery()
            for part in (tables().forecasts, tables().scores, tables().artefacts)
        ]
        newest = select(runs, *counts).order_by(runs.c.recorded.desc(), runs.c.id.desc()).limit(most)
        found = self._read(newest)
        return [Summary(_run(row), *row[-3:]) for row in reversed(found)]

    def count(self) -> int:
        """How many runs there are."""
        from sqlalchemy import func, select

        return int(self._read(select(func.count()).select_from(tables().runs))[0][0])

    def run(self, name: str) -> Run:
        """The run of an id, or of the beginning of one.

        Raises
        ------
        InputError
            No run, or more than one, begins so.
        """
        from sqlalchemy import select

        column = tables().runs.c.id
        found = self._read(
            select(tables().runs).where(column.startswith(name, autoescape=True)).order_by(column).limit(3)
        )
        whole = [row for row in found if row.id == name]
        if name and len(whole or found) == 1:
            return _run((whole or found)[0])
        if not found or not name:
            raise InputError(f"store {self.name}: no run {name!a}: vrx runs list --store {self.name} shows them")
        raise InputError(f"store {self.name}: more than one run begins with {name}: give more of it")

    def forecasts(self, run_id: str) -> list[ForecastRow]:
        """The forecasts of a run, by series, model, day and horizon."""
        return self._rows(ForecastRow, run_id)

    def scores(self, run_id: str) -> list[ScoreRow]:
        """The scores of a run, by part, model, horizon and name."""
        return self._rows(ScoreRow, run_id)

    def artefacts(self, run_id: str) -> list[Artefact]:
        """The files of a run, by path."""
        return self._rows(Artefact, run_id)

    def _rows(self, kind: type[R], run_id: str) -> list[R]:
        from sqlalchemy import select

        table = _table(kind)
        found = self._read(select(table).where(table.c.run_id == run_id).order_by(*(table.c[k] for k in kind.KEY)))
        return [kind(**{name: value for name, value in row._mapping.items() if name != "run_id"}) for row in found]

    def _read(self, query: "Select[Any]") -> Sequence[Any]:
        try:
            return self._transactions.run(lambda connection: connection.execute(query).all())
        except VrxError:
            raise
        except ValueError as error:  # SQLite keeps what it is given, such as a day that is none
            raise InputError(f"store {self.name}: is damaged ({error}): restore it from a copy") from None

    def _record_run(self, connection: "Connection", run: Run, now: datetime) -> bool:
        from sqlalchemy import select

        table, values = tables().runs, {name: value for name, value in asdict(run).items() if name != "recorded"}
        query = select(table).where(table.c.id == run.id)
        found = connection.execute(query).first()
        new = found is None
        if found is None:
            # Another process may have been faster since; PostgreSQL then waits until it is done.
            connection.execute(_insert(connection, table, ["id"]), [values | {"recorded": now}])
            found = connection.execute(query).one()
        for name, value in values.items():
            self._same(getattr(found, name) == value, f"run {run.id}", name)
        return new

    def _record_rows(self, connection: "Connection", kind: type[Row], run_id: str, rows: list[Row]) -> None:
        """Insert what is not there yet, and read all of it back: what was there must be the same."""
        from sqlalchemy import select, tuple_

        table, key = _table(kind), kind.KEY
        wanted: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in rows:
            place = tuple(getattr(row, name) for name in key)
            self._same(wanted.setdefault(place, vars(row)) == vars(row), _place(key, place), "two values")
        # Two writers of the same rows in one order cannot lock each other out.
        for places in _batches(sorted(wanted), AT_ONCE):
            insert = _insert(connection, table, ["run_id", *key])
            connection.execute(insert, [wanted[place] | {"run_id": run_id} for place in places])
            columns = tuple_(*(table.c[name] for name in key))
            for found in connection.execute(select(table).where(table.c.run_id == run_id, columns.in_(places))):
                place = tuple(getattr(found, name) for name in key)
                for name, value in wanted[place].items():
                    self._same(getattr(found, name) == value, _place(key, place), name)

    def _same(self, same: bool, what: str, name: str) -> None:
        if not same:
            raise InputError(
                f"store {self.name}: {what} has another {name} there: record it as a run of its own, with another id"
            )


def _insert(connection: "Connection", table: "Table", key: list[str]) -> Any:
    """An insert that leaves what is there as it is."""
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing(index_elements=key)


def _table(kind: type[Row]) -> "Table":
    found = tables()
    return {ForecastRow: found.forecasts, ScoreRow: found.scores, Artefact: found.artefacts}[kind]


def _run(row: Any) -> Run:
    # SQLite keeps no zone; what was written is UTC.
    recorded = row.recorded.replace(tzinfo=UTC) if row.recorded.tzinfo is None else row.recorded.astimezone(UTC)
    return Run(id=row.id, command=row.command, series=row.series, facts=row.facts, recorded=recorded)


def _batches(places: list[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    return (places[start : start + size] for start in range(0, len(places), size))


def _place(key: tuple[str, ...], place: tuple[Any, ...]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(key, place, strict=True) if value != "")
