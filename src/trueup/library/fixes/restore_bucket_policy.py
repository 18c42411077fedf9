"""
Give a bucket back the policy by which users reach their own files.

Whose a file is, and where in the bucket it lies, only the application's migrations say.
"""

from collections.abc import Iterable, Iterator

from trueup.library.steps import written
from trueup.model.change import Change
from trueup.model.violation import Violation
from trueup.replica.names import literal

AT_MOST = 50
STEPS = True

GUIDE = """
let users {command} their own files in the bucket {bucket}

Policies of the storage are those of the table storage.objects; there is no storage.policies. See
what is left: select policyname, cmd, roles, qual, with_check from pg_policies
where schemaname = 'storage' and tablename = 'objects' order by policyname;

Run the migration that made the policy again, if it can be: it knows the condition.

Or write it, for files that lie below their owner's id: create policy "Users {command} in {bucket}"
on storage.objects for {command} to authenticated {clause} (bucket_id = {bucket:literal}
and path_tokens[1] = (select auth.uid())::text);

select count(*) from pg_policies where schemaname = 'storage' and tablename = 'objects'
and cmd in ({said:literal}, 'ALL') and concat(qual, with_check) like {like:literal};  -- 1 or more
"""


def plan(violations: Iterable[Violation]) -> Iterator[Change]:
    """One policy each."""
    for missing in violations:
        command = str(missing["command"])
        words = {
            "clause": "with check" if command == "insert" else "using",
            "said": command.upper(),
            "like": f"%{literal(str(missing['bucket']))}%",
        }
        yield written(GUIDE, {**missing, **words})
