"""Words that no invariant's SQL may say, and what each would do."""

HEADS = frozenset({"select", "with", "values", "table"})
"""A statement that only asks begins with one of these."""

WRITES = frozenset({"insert", "update", "delete", "merge", "into", "truncate"})
"""Keywords that write or lock; a column of such a name is written in double quotes."""

LOCKS = frozenset({"key", "no", "share", "update"})
"""What follows FOR in a locking clause."""

CLOCKS = frozenset(
    {
        "clock_timestamp",
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "now",
        "statement_timestamp",
        "timeofday",
        "transaction_timestamp",
    }
)
"""Clocks of the server; a run has one instant, and it is a parameter."""

CLOCK_LITERALS = frozenset({"now", "today", "tomorrow", "yesterday"})
"""Strings that a cast turns into the server's clock."""

CLOCK_ZONES = frozenset({"allballs", "gmt", "utc", "z", "zulu"})
"""Words that may stand beside one, as a time of day may."""

SIDE_EFFECTS = frozenset(
    {
        "lo_create",
        "lo_creat",
        "lo_export",
        "lo_from_bytea",
        "lo_import",
        "lo_open",
        "lo_put",
        "lo_truncate",
        "lo_unlink",
        "lowrite",
        "nextval",
        "pg_cancel_backend",
        "pg_create_restore_point",
        "pg_current_xact_id",
        "pg_export_snapshot",
        "pg_log_backend_memory_contexts",
        "pg_logical_emit_message",
        "pg_notify",
        "pg_promote",
        "pg_read_binary_file",
        "pg_read_file",
        "pg_reload_conf",
        "pg_rotate_logfile",
        "pg_sleep",
        "pg_sleep_for",
        "pg_sleep_until",
        "pg_switch_wal",
        "pg_terminate_backend",
        "pg_wal_replay_pause",
        "pg_wal_replay_resume",
        "set_config",
        "setseed",
        "setval",
        "txid_current",
    }
)
"""Functions that a READ ONLY transaction lets through although they do something."""

SIDE_EFFECT_PREFIXES = (
    "cursor_to_xml",
    "database_to_xml",
    "dblink",
    "pg_advisory_",
    "pg_backup_",
    "pg_copy_",
    "pg_create_",
    "pg_drop_",
    "pg_ls_",
    "pg_replication_",
    "pg_stat_reset",
    "pg_try_advisory_",
    "query_to_xml",
    "schema_to_xml",
    "table_to_xml",
)
"""Families of such functions."""
