"""
IELTS EQ's faults: for each invariant, rows that break it beside rows that only look as if.

Each fault has users, tests and payments of its own, so that all can be planted at once.
"""

from datetime import datetime
from hashlib import md5

from trueup import naive_utc
from trueup.sample.faults import Fault
from trueup.sample.planting import ago, keys, row, uid

RECORDED = "the_schema_is_the_one_we_recorded"


def before(**spans: float) -> datetime:
    """So long before the sample's clock, as Prisma's columns keep it."""
    return naive_utc(ago(**spans))


def migration(name: str, of: str, **changed: object) -> str:
    """A migration that was applied, unless told otherwise."""
    values: dict[str, object] = {
        "id": str(uid(name)),
        "checksum": md5(of.encode(), usedforsecurity=False).hexdigest() * 2,
        "migration_name": of,
        "started_at": ago(days=3),
        "finished_at": ago(days=3),
        "applied_steps_count": 1,
    }
    return row("public._prisma_migrations", **values | changed)


PLATFORM = (
    Fault(
        name="failed_migrations",
        invariant="no_migration_has_failed",
        plant=migration(
            "failed",
            "20260302094500_block_users",
            finished_at=None,
            logs="A migration failed to apply. Database error code: 42701",
            started_at=ago(minutes=1),
            applied_steps_count=0,
        )
        + migration(
            "died",
            "20260302094500_block_users",
            finished_at=None,
            started_at=ago(minutes=10, seconds=1),
            applied_steps_count=0,
        ),
        keys=keys("failed", "died"),
        near_misses=migration(
            "running",
            "20260302094500_block_users",
            finished_at=None,
            started_at=ago(minutes=10),
            applied_steps_count=0,
        )
        + migration(
            "rolled back",
            "20260302094500_block_users",
            finished_at=None,
            rolled_back_at=ago(days=2),
            logs="A migration failed to apply. Database error code: 42701",
        ),
    ),
    Fault(
        name="unapplied_migrations",
        invariant="every_migration_is_applied",
        plant="update public._prisma_migrations set rolled_back_at = finished_at"
        " where migration_name = '20251029141205_question_usage';\n"
        + migration("by hand", "20261101101010_by_hand"),
        keys=frozenset({"20251029141205_question_usage", "20261101101010_by_hand"}),
        near_misses=migration(
            "given up",
            "20261101090909_given_up",
            finished_at=None,
            rolled_back_at=ago(days=2),
        )
        + migration("again", "20251018101530_init", rolled_back_at=ago(days=2)),
    ),
    Fault(
        name="changed_by_hand",
        invariant=RECORDED,
        plant='alter table public."Flashcard" add column difficulty integer;',
        keys=frozenset({"public.Flashcard.difficulty"}),
        near_misses="""
            create index "Flashcard_word_idx" on public."Flashcard" (word);
            comment on table public."Flashcard" is 'what is to be learnt';
        """,
    ),
    Fault(
        name="key_not_validated",
        invariant="every_foreign_key_is_validated",
        plant="""
            alter table public."QuestionUsage"
                drop constraint "QuestionUsage_questionId_fkey",
                add constraint "QuestionUsage_questionId_fkey" foreign key ("questionId")
                    references public."Question" (id) on delete cascade on update cascade not valid;
        """,
        keys=frozenset({"public.QuestionUsage.QuestionUsage_questionId_fkey"}),
        near_misses="""
            alter table public."Question"
                add constraint "Question_part_check" check (part between 1 and 3) not valid;
        """,
        also={
            RECORDED: frozenset(
                {
                    "public.QuestionUsage constraint QuestionUsage_questionId_fkey",
                    "public.Question constraint Question_part_check",
                }
            )
        },
    ),
    Fault(
        name="index_invalid",
        invariant="no_index_is_invalid",
        plant="""
            create index "TestSession_date_idx" on public."TestSession" (date);
            update pg_index set indisvalid = false
            where indexrelid = 'public."TestSession_date_idx"'::regclass;
        """,
        keys=frozenset({"public.TestSession_date_idx"}),
        near_misses='create index "TestSession_userId_idx" on public."TestSession" ("userId");',
    ),
    Fault(
        name="keys_asleep",
        invariant="no_trigger_is_disabled",
        plant='alter table public."BlogPostTag" disable trigger all;',
        keys=frozenset(
            {
                "public.BlogPostTag.BlogPostTag_postId_fkey",
                "public.BlogPostTag.BlogPostTag_tagId_fkey",
            }
        ),
        near_misses="""
            create function public.touch() returns trigger language plpgsql as
                'begin return new; end';
            create trigger touch_cards before update of word on public."Flashcard"
                for each row execute function public.touch();
        """,
        also={RECORDED: frozenset({"public.Flashcard trigger touch_cards"})},
    ),
)

FAULTS = (*PLATFORM,)
