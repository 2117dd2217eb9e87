"""The tables of the store, and what turned each of its versions into the next."""

from __future__ import annotations

import sqlalchemy as sa

# The tables as the newest migration leaves them; a test shows that it does. Moments are seconds since 1970.
TABLES = sa.MetaData()
VERSION = sa.Table("dbagent_store", TABLES, sa.Column("version", sa.Integer, nullable=False))
SESSIONS = sa.Table(
    "dbagent_sessions",
    TABLES,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("started", sa.Double, nullable=False),
    sa.Column("latest", sa.Double, nullable=False),
)
TURNS = sa.Table(
    "dbagent_turns",
    TABLES,
    sa.Column("session_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
FEEDBACK = sa.Table(
    "dbagent_feedback",
    TABLES,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("trace_id", sa.Text, nullable=False, index=True),
    sa.Column("rating", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("sql", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("given", sa.Double, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("sent", sa.Double),
)
ANSWERS = sa.Table(
    "dbagent_answers",
    TABLES,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("database", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("expires", sa.Double, nullable=False, index=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False, index=True, server_default=""),
    sa.Column("sql", sa.Text, nullable=False, server_default=""),
)
ANSWER_TRACES = sa.Table(
    "dbagent_answer_traces",
    TABLES,
    sa.Column("trace_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, index=True),
)
JOURNAL = sa.Table(
    "dbagent_journal",
    TABLES,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

# What turned each version into the next, in words that SQLite and PostgreSQL both take. A migration that was shipped
# is never edited: stores out there are what it made.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE dbagent_store (version INTEGER NOT NULL)",
        "INSERT INTO dbagent_store VALUES (0)",
        "CREATE TABLE dbagent_sessions (id TEXT PRIMARY KEY, user_id TEXT NOT NULL,"
        " started DOUBLE PRECISION NOT NULL, latest DOUBLE PRECISION NOT NULL)",
        "CREATE TABLE dbagent_turns (session_id TEXT NOT NULL, number INTEGER NOT NULL,"
        " at DOUBLE PRECISION NOT NULL, document TEXT NOT NULL, PRIMARY KEY (session_id, number))",
        "CREATE TABLE dbagent_feedback (id TEXT PRIMARY KEY, trace_id TEXT NOT NULL, rating TEXT NOT NULL,"
        " comment TEXT NOT NULL, sql TEXT NOT NULL, question TEXT NOT NULL, user_id TEXT NOT NULL,"
        " given DOUBLE PRECISION NOT NULL, destination TEXT NOT NULL, sent DOUBLE PRECISION)",
        "CREATE INDEX ix_dbagent_feedback_trace_id ON dbagent_feedback (trace_id)",
        "CREATE TABLE dbagent_journal (kind TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,"
        " at DOUBLE PRECISION NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, name, number))",
    ),
    (
        "CREATE TABLE dbagent_answers (key TEXT PRIMARY KEY, database TEXT NOT NULL, question TEXT NOT NULL,"
        " at DOUBLE PRECISION NOT NULL, expires DOUBLE PRECISION NOT NULL, document TEXT NOT NULL)",
        "CREATE INDEX ix_dbagent_answers_expires ON dbagent_answers (expires)",
        "CREATE TABLE dbagent_answer_traces (trace_id TEXT PRIMARY KEY, key TEXT NOT NULL)",
        "CREATE INDEX ix_dbagent_answer_traces_key ON dbagent_answer_traces (key)",
    ),
    (
        "ALTER TABLE dbagent_answers ADD COLUMN scope TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE dbagent_answers ADD COLUMN sql TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX ix_dbagent_answers_scope ON dbagent_answers (scope)",
    ),
)
