"""The store: runs, their forecasts, scores and files in an SQLite file or a PostgreSQL database.

======================  ================================================================================
:func:`open_store`      a path, or ``postgresql+psycopg://user@host/database``, becomes a :class:`Store`
:class:`Store`          records and reads; safe to share between threads, not across a fork
:class:`Run`            what was done: a command, a series, facts; :meth:`Run.of` names it by its content
:class:`ForecastRow`    one model's forecast of one horizon on one day
:class:`ScoreRow`       one score of one model
:class:`Artefact`       a file that was read or written, by name, hash and size
:func:`check_store`     refuses what ``open_store`` would, and makes nothing
:func:`shown`           a place without its password, for messages
:func:`text_of`         a text with what does not print escaped
======================  ================================================================================

One call of :meth:`Store.record` is one transaction: what it was given is in the store whole, or not at all, whenever
the process or the server dies. Every row has a key; to write a row again changes nothing, and to write another under
its key is refused. So whoever does not know whether a write arrived may simply repeat it, which is what
:meth:`Store.record` does when a PostgreSQL server goes away and comes back.

The tables are ``vrx_runs``, ``vrx_forecasts``, ``vrx_scores`` and ``vrx_artefacts``, for any SQL client to read, and
``vrx_schema``, which holds the version of their layout. Needs ``vrx[research]``.
"""

from vrx.store._open import check_store, open_store
from vrx.store._place import shown
from vrx.store._rows import Artefact, ForecastRow, Row, Run, ScoreRow, text_of
from vrx.store._store import Store, Summary

__all__ = [
    "Artefact",
    "ForecastRow",
    "Row",
    "Run",
    "ScoreRow",
    "Store",
    "Summary",
    "check_store",
    "open_store",
    "shown",
    "text_of",
]
