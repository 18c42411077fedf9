"""What a restore or a hurried migration leaves half done: keys, indexes, triggers, sequences."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Unpack

from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.names import literal, spelt
from trueup.replica.reader import Reader

_FOREIGN_KEYS = """(
    select from pg_constraint as k join pg_namespace as n on n.oid = k.connamespace
    where n.nspname in (:schemas) and k.contype = 'f'
)"""

_UNVALIDATED = """
    select n.nspname || '.' || c.relname || '.' || k.conname as "constraint",
           format('%I.%I', n.nspname, c.relname) as "table", quote_ident(k.conname) as name,
           n.nspname || '.' || c.relname as relation, k.conname,
           pg_get_constraintdef(k.oid) as definition
    from pg_constraint as k
    join pg_class as c on c.oid = k.conrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in (:schemas) and k.contype = 'f' and not k.convalidated
    order by "constraint"
"""

_INDEXES = """(
    select from pg_index as i join pg_class as c on c.oid = i.indexrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in (:schemas)
)"""

_INVALID = """
    select n.nspname || '.' || c.relname as "index", format('%I.%I', n.nspname, c.relname) as name,
           i.indrelid::regclass::text as "table", i.indisunique as is_unique,
           tn.nspname || '.' || t.relname as relation, c.relname as "indexname"
    from pg_index as i
    join pg_class as c on c.oid = i.indexrelid
    join pg_namespace as n on n.oid = c.relnamespace
    join pg_class as t on t.oid = i.indrelid
    join pg_namespace as tn on tn.oid = t.relnamespace
    where n.nspname in (:schemas) and not (i.indisvalid and i.indisready and i.indislive)
    order by "index"
"""

_TRIGGERS = """(
    select from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in (:schemas)
)"""

_DISABLED = """
    select distinct
           n.nspname || '.' || c.relname || '.' || coalesce(k.conname, t.tgname) as trigger,
           format('%I.%I', n.nspname, c.relname) as "table",
           quote_ident(coalesce(k.conname, t.tgname)) as name, t.tgisinternal as is_foreign_key,
           not t.tgisinternal and t.tgenabled = 'R' as is_for_replicas,
           n.nspname || '.' || c.relname as relation, coalesce(k.conname, t.tgname) as tgname
    from pg_trigger as t
    join pg_class as c on c.oid = t.tgrelid
    join pg_namespace as n on n.oid = c.relnamespace
    left join pg_constraint as k on k.oid = t.tgconstraint and t.tgisinternal
    where n.nspname in (:schemas) and t.tgenabled in ('D', 'R')
    order by trigger
"""

_SEQUENCES = """(
    select from pg_sequence as s join pg_class as c on c.oid = s.seqrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in (:schemas)
)"""

_FED = """
    select distinct tn.nspname || '.' || t.relname || '.' || a.attname as "column",
           format('%I.%I', tn.nspname, t.relname) as "table", quote_ident(a.attname) as name,
           format('%I.%I', sn.nspname, q.relname) as sequence, s.seqincrement as step
    from pg_sequence as s
    join pg_class as q on q.oid = s.seqrelid
    join pg_namespace as sn on sn.oid = q.relnamespace
    join (
        select objid as sequence, refobjid as relation, refobjsubid as attribute
        from pg_depend
        where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass
          and refobjsubid > 0 and deptype in ('a', 'i')
        union
        select d.refobjid, f.adrelid, f.adnum
        from pg_attrdef as f
        join pg_depend as d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
        where d.refclassid = 'pg_class'::regclass
    ) as fed on fed.sequence = s.seqrelid
    join pg_class as t on t.oid = fed.relation
    join pg_namespace as tn on tn.oid = t.relnamespace
    join pg_attribute as a on a.attrelid = t.oid and a.attnum = fed.attribute
    where tn.nspname in (:schemas) and s.seqincrement > 0
    order by "column"
"""

_BEHIND = """
    select * from (
    :questions
    ) as fed
    where next_value <= highest
    order by "column"
"""


def every_foreign_key_is_validated(
    schemas: Sequence[str] = ("public",), **said: Unpack[Options]
) -> Invariant:
    """No foreign key was left NOT VALID, which guards new rows and says nothing of the old ones."""
    keys = spelt(_UNVALIDATED, schemas=schemas)

    def ask(replica: Reader) -> Iterable[Row]:
        return replica.rows(keys)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "validate_foreign_keys",
            "harm": "The key was added NOT VALID and never checked: rows that were there before may"
            " point at nothing, and joins drop them in silence.",
        },
        said,
        over={"foreign keys": spelt(_FOREIGN_KEYS, schemas=schemas)},
        show=["table", "name", "definition"],
    )


def no_index_is_invalid(schemas: Sequence[str] = ("public",), **said: Unpack[Options]) -> Invariant:
    """
    No index is left over from a build that failed.

    One that is being built CONCURRENTLY looks the same until it is done.
    """
    indexes = spelt(_INVALID, schemas=schemas)

    def ask(replica: Reader) -> Iterable[Row]:
        return replica.rows(indexes)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "rebuild_index",
            "harm": "Queries scan the table as if the index were not there, each write still pays"
            " for it, and a unique one guards nothing.",
        },
        said,
        over={"indexes": spelt(_INDEXES, schemas=schemas)},
        show=["name", "table"],
    )


def no_trigger_is_disabled(
    schemas: Sequence[str] = ("public", "auth"), **said: Unpack[Options]
) -> Invariant:
    """
    No trigger was left disabled, as a restore with --disable-triggers leaves them when it fails.

    A foreign key is kept by triggers too; they go by the constraint's name. One that was enabled
    for replicas fires for nobody else, so it is disabled for whoever writes here.
    """
    triggers = spelt(_DISABLED, schemas=schemas)

    def ask(replica: Reader) -> Iterable[Row]:
        return replica.rows(triggers)

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "enable_trigger",
            "harm": "What the trigger keeps in step drifts with every write from now on: profiles"
            " of new users, credits, audit rows, or a foreign key.",
        },
        said,
        over={"triggers": spelt(_TRIGGERS, schemas=schemas)},
        show=["table", "name"],
    )


def no_sequence_is_behind_its_column(
    schemas: Sequence[str] = ("public", "auth"), **said: Unpack[Options]
) -> Invariant:
    """
    The next value of each sequence is above every value of the column that it feeds.

    A standby knows a sequence up to 32 values ahead of the primary, so it can miss one that is
    behind by less; the same question on the primary does not.
    """
    fed = spelt(_FED, schemas=schemas)

    def ask(replica: Reader) -> Iterator[Row]:
        questions = "\n    union all\n".join(_next_value(row) for row in replica.rows(fed))
        if questions:
            yield from replica.rows(_BEHIND.replace(":questions", questions))

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "advance_sequence",
            "harm": "Inserts fail with a duplicate key until the sequence has caught up, one row"
            " after another.",
        },
        said,
        over={"sequences": spelt(_SEQUENCES, schemas=schemas)},
        show=["column", "table", "name", "sequence"],
    )


def _next_value(row: Row) -> str:
    texts = [
        f'{literal(str(row[name]))} as "{name}"' for name in ("column", "table", "name", "sequence")
    ]
    return f"""
    select {", ".join(texts)},
           (select max({row["name"]}) from {row["table"]})::bigint as highest,
           case when is_called then last_value + {row["step"]} else last_value end as next_value
    from {row["sequence"]}
    """  # noqa: S608  # the names were quoted by the server that gave them
