"""Buckets of Supabase's storage: how large a file may be, and who may do what with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Unpack

from trueup.errors import ConfigError
from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.names import literal, spelt
from trueup.replica.reader import Reader

SETTING = "buckets"
"""The system's setting: each bucket with the `limit` of its files and its `policies`."""

_FILES = "(select from storage.objects where bucket_id in (:buckets))"

_LARGE = """
    select id, bucket_id, (metadata ->> 'size')::bigint as size, created_at
    from storage.objects
    where bucket_id in (:buckets) and (metadata ->> 'size')::bigint > :limit
    order by id
"""

_BUCKETS = "select id, file_size_limit from storage.buckets order by id"

_POLICIES = """
    select lower(cmd) as command, qual, with_check
    from pg_policies
    where schemaname = 'storage' and tablename = 'objects' and permissive = 'PERMISSIVE'
      and roles && array['public', 'anon', 'authenticated']::name[]
"""


def no_file_exceeds(size: int, buckets: Sequence[str], **said: Unpack[Options]) -> Invariant:
    """No file of these buckets has more bytes than that; one that is being uploaded has none."""
    large = spelt(_LARGE, buckets=buckets)

    def ask(replica: Reader) -> Iterable[Row]:
        return replica.rows(large, limit=size)

    return declared(
        ask,
        {
            "severity": "P2",
            "fix": "review_large_file",
            "harm": "The application refuses what is larger, or fails on it, and it is paid for"
            " every month.",
        },
        said,
        over={"files": spelt(_FILES, buckets=buckets)},
        show=["bucket_id"],
    )


def every_bucket_limits_its_files(**said: Unpack[Options]) -> Invariant:
    """
    Each bucket has a limit a file, and no higher one than the settings give it.

    Settings: `buckets.NAME.limit`, in bytes. Without a limit of its own a bucket takes whatever the
    project takes, which is gigabytes.
    """

    def ask(replica: Reader, settings: Mapping[str, Any]) -> Iterator[Row]:
        known = _settings(settings)
        for bucket in replica.rows(_BUCKETS):
            found, allowed = (
                bucket["file_size_limit"],
                known.get(str(bucket["id"]), {}).get("limit"),
            )
            if found is None or (allowed is not None and int(str(found)) > allowed):
                yield {"bucket": bucket["id"], "file_size_limit": found, "allowed": allowed}

    return declared(
        ask,
        {
            "severity": "P2",
            "fix": "limit_bucket",
            "harm": "Nothing but the page keeps somebody from uploading gigabytes, and whoever"
            " uploads without the page is kept by nothing.",
        },
        said,
        over="storage.buckets",
        show=["bucket"],
    )


def every_bucket_has_its_policies(**said: Unpack[Options]) -> Invariant:
    """
    For each bucket and command of the settings there is a policy that lets users do it.

    Settings: `buckets.NAME.policies`, commands of SQL. A policy counts where its condition names
    the bucket, or no bucket at all; what else it demands is for `a_user_sees_only_their_own_rows`.
    """

    def ask(replica: Reader, settings: Mapping[str, Any]) -> Iterator[Row]:
        policies = list(replica.rows(_POLICIES))
        for bucket, wanted in sorted(_settings(settings).items()):
            for command in wanted.get("policies", ()):
                if not any(_covers(policy, bucket, command) for policy in policies):
                    yield {"bucket": bucket, "command": command}

    return declared(
        ask,
        {
            "severity": "P2",
            "fix": "restore_bucket_policy",
            "harm": "Whoever is signed in is refused their own files: uploads fail, or nothing can"
            " be opened.",
        },
        said,
        over="storage.buckets",
        key=["bucket", "command"],
        show=["bucket", "command"],
    )


def _settings(settings: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The buckets of the settings; raises ConfigError where there are none."""
    found: Mapping[str, Mapping[str, Any]] = settings.get(SETTING, {})
    if not found:
        raise ConfigError(
            f"the system's settings name no {SETTING}; add one table a bucket, with its limit in"
            " bytes and the commands that it has policies for"
        )
    return found


def _covers(policy: Row, bucket: str, command: str) -> bool:
    if policy["command"] not in (command, "all"):
        return False
    decides = policy["with_check"] if command == "insert" else policy["qual"]
    said = str(decides or policy["qual"] or "")
    return "bucket_id" not in said or f"{literal(bucket)}::text" in said
