"""A database as one user sees it: the same engine and pool, and their permissions in everything that comes out."""

from __future__ import annotations

import re
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable

from tools.database import Database
from tools.engines.engine import Bounds, Fetched, too_costly
from tools.engines.watch import Stop
from tools.errors import DatabaseUnavailable, QueryTooCostly, SqlFailed, SqlTimeout
from tools.kept import Kept
from tools.knowledge import Knowledge
from tools.metadata import DatabaseMeta, TableMeta
from tools.policy import Permissions, Policy, User
from tools.row_policy import Relations, RowPolicy
from tools.schema_changes import SchemaChanges
from tools.sql_guard import GuardedQuery
from tools.view_definitions import how_made

MOST_KEPT = 64
_CATALOGUE = Bounds(rows=1_000_000, seconds=60, cell_bytes=1_000_000, result_bytes=200_000_000)


class SeenDatabase(Database):
    """Read through a policy; `policy_id` tells what is seen. Closing it closes nothing: the whole has its owner."""

    policy_id: str

    def __init__(self, whole: Database, permissions: Permissions) -> None:
        """Raises PolicyInvalid where the rules do not fit the database."""
        self._permissions = permissions
        self._policy = RowPolicy(permissions, _relations.of(whole))
        self.policy_id = permissions.id
        # Not held: what is kept for a database must not keep that database.
        self._whole = weakref.ref(whole)
        super().__init__(whole._engine, whole._place, self._policy.meta, whole.limits, whole.source)
        self.embedding = whole.embedding
        self._whole_meta = whole.meta
        self.knowledge = whole.knowledge  # asked with some metadata, it tells of nothing that is not in that

    def refresh(self, *, whole: bool = False, tell: Callable[[str], None] | None = None) -> SchemaChanges:
        """Read the metadata of the whole database again. Raises DatabaseUnavailable, PolicyInvalid."""
        database = self._opened()
        changes = database.refresh(whole=whole, tell=tell)
        self._look_again(database)
        return changes

    def look_again(self, known: DatabaseMeta) -> bool:
        """Whether the whole database is not what was known; see Database."""
        whole = self._opened()
        if self.meta is known:
            if not whole.look_again(self._whole_meta):
                return False
            self._look_again(whole)
        return True

    def learn(self, knowledge: Knowledge) -> None:
        """Lay knowledge over the whole, for all users."""
        whole = self._opened()
        whole.learn(knowledge)
        self._look_again(whole)

    def close(self) -> None:
        """Nothing: the connections belong to the whole."""

    def _look_again(self, whole: Database) -> None:
        policy = RowPolicy(self._permissions, _relations.of(whole))
        with self._lock:
            self._policy = policy
            self._whole_meta = whole.meta
            self.meta = policy.meta
            self.knowledge = whole.knowledge
            self._samples = {}

    def _opened(self) -> Database:
        whole = self._whole()
        if whole is None:
            raise DatabaseUnavailable("The database was closed.")
        return whole

    def _checked(self, sql: str) -> GuardedQuery:
        return self._policy.guarded(sql)

    def _fetched(self, checked: GuardedQuery) -> Fetched:
        text = self._policy.written_into(checked)
        try:
            return self._run(text or checked.sql, self._bounds())
        except SqlTimeout:
            raise
        except SqlFailed as error:
            # An engine may try the model's expressions on rows before it drops those that the rules keep back: what
            # it then complains of, and that it complains at all, would tell of them.
            careful = text and self._policy.written_into(checked, careful=True)
            if not careful or careful == text:
                raise self._decent(error, checked.sql) from None
        try:
            return self._run(careful, self._bounds())
        except SqlTimeout:
            raise
        except SqlFailed as error:
            raise self._decent(error, checked.sql) from None

    def _run(self, sql: str, bounds: Bounds) -> Fetched:
        try:
            return super()._run(sql, bounds)
        except QueryTooCostly:
            # The planner's figures know of the rows and values that the rules keep back.
            raise too_costly("that it costs more than the limit that is set") from None

    def _decent(self, error: SqlFailed, sql: str) -> SqlFailed:
        """The complaint without the statement as it ran, and without names that the user may not see."""
        said = re.split(r"\n\s*LINE \d+:|\bnear ['\"]", str(error))[0].strip()
        if not said:  # nothing but what stood near the mistake, which may be ours
            said = "The database did not take the statement: its syntax is wrong. Write it anew."
        words = set(re.findall(r"\w+", said.lower())) - set(re.findall(r"\w+", sql.lower()))
        if not words.isdisjoint(self._policy.hidden_names):
            said = "The database did not take the statement. Look at the tables with show_table, then write it anew."
        return SqlFailed(said)

    def _source(self, table: TableMeta) -> str:
        source = self._policy.source(table)
        if source is None:
            raise SqlFailed("There is no such table.")
        return source


def seen_by(database: Database, policy: Policy, user: User | None) -> Database:
    """The database as the user sees it; the same for all who see the same, up to 64 of them kept.

    None stands for nobody in particular, who has the policy's default role. Raises UserNotPermitted, PolicyInvalid.
    """
    return _views.of(database).seen_by(database, policy.of(user))


class _Views:
    """The most recently used views of one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, SeenDatabase] = OrderedDict()

    def seen_by(self, database: Database, permissions: Permissions) -> SeenDatabase:
        with self._lock:
            kept = self._kept.get(permissions.id)
            if kept is None:
                kept = self._kept[permissions.id] = SeenDatabase(database, permissions)
            self._kept.move_to_end(permissions.id)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return kept


def _related(database: Database) -> Relations:
    try:
        made = how_made(database.meta, lambda sql: database._engine.run(sql, _CATALOGUE, Stop()).rows)
    except SqlFailed as error:
        raise DatabaseUnavailable(f"How the views of {database.url} are made cannot be read: {error}") from error
    return Relations(database.meta, made)


_relations: Kept[Relations] = Kept(_related)
_views: Kept[_Views] = Kept(lambda database: _Views())
