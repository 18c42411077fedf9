"""Calls outside: written down before, made once, finished later, taken back where that can be."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from msgspec.structs import replace

from engine.primary.counter import Counter, counter
from engine.primary.desk import FACTS, NO_JOB_RUNS, Desk
from trueup import Call, Insert, Update
from trueup.errors import ApplyError, JournalError, PlanError
from trueup.primary import call_journal, pace, sending
from trueup.primary.applied import Applied
from trueup.primary.calls import Caller
from trueup.primary.interrupt import Stop
from trueup.primary.late import Witness
from trueup.primary.proof import World
from trueup.primary.resume import resume
from trueup.primary.service import Kind, Service
from trueup.primary.session import observing


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    """A service that is there; nobody waits long for it."""
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.01)
    with counter() as found:
        yield found


def services(outside: Counter, kind: Kind = Kind.HTTP, **given) -> dict[str, Service]:
    """The one service, as an environment has it."""
    return {"work": Service(name="work", kind=kind, url=outside.url, key="sekret", **given)}


def cancel(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})
        yield Call(
            "work",
            "POST",
            f"/jobs/{job['id']}/cancel",
            {"why": "late"},
            undo=Call("work", "POST", "/cancellations/{reference}/undo"),
        )


def tell(violations):
    for job in violations:
        yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})
        yield Call("work", "POST", f"/jobs/{job['id']}/tell")


def finish(desk: Desk, entry: int, known: dict[str, Service], **given) -> Applied:
    """Resume an entry."""
    with observing(desk.primary) as observer:
        witness = Witness(
            observer=observer,
            replica=None,
            world=World(FACTS.now, FACTS.settings),
            patience=1,
            stop=Stop(),
        )
        caller = Caller(
            connection=desk.primary.connection, services=known, stop=witness.stop, **given
        )
        return resume(
            desk.primary.connection,
            "shop",
            entry,
            watched=desk.watched,
            caller=caller,
            witness=witness,
        )


def states(desk: Desk) -> list[tuple[object, ...]]:
    """What the journal says of each call, in the order in which it was said."""
    return desk.rows("select seq, state, status from trueup.journal_call_states order by id")


def test_calls_are_made_after_the_commit_and_taken_back_by_the_undo(
    desk: Desk, outside: Counter
) -> None:
    known = services(outside)
    plan = desk.plan(cancel, NO_JOB_RUNS, services={"work"})
    assert plan.calls[0].words == "POST work:/jobs/1/cancel"

    applied = desk.apply(plan, services=known)

    assert applied.exit_code == 0
    assert outside.asked() == [f"POST /jobs/{n}/cancel" for n in (1, 2, 3)]
    assert json.loads(outside.requests[0].body) == {"why": "late"}
    assert outside.requests[0].headers["authorization"] == "Bearer sekret"
    assert states(desk) == [
        (seq, state, status)
        for seq in range(3)
        for state, status in (("begun", None), ("done", 200))
    ]

    again = desk.apply(plan, services=known)
    assert (again.exit_code, len(outside.requests)) == (0, 3)

    undo = desk.undo(applied.entries[0], services={"work"})
    assert [one.path for one in undo.calls] == ["/cancellations/made_1/undo"] * 3
    undone = desk.apply(undo, services=known)
    assert (undone.exit_code, len(outside.requests)) == (0, 6)
    assert len(set(outside.made)) == 6


def test_a_call_is_taken_back_once_whoever_plans_it(desk: Desk, outside: Counter) -> None:
    known = services(outside)
    applied = desk.apply(desk.plan(cancel, NO_JOB_RUNS, services={"work"}), services=known)
    plans = [desk.undo(applied.entries[0], services={"work"}) for _ in range(2)]

    for plan in plans:
        desk.apply(plan, services=known)

    assert len(outside.requests) == 6


def test_an_undo_that_stopped_before_its_calls_is_planned_again(
    desk: Desk, outside: Counter
) -> None:
    known = services(outside)
    applied = desk.apply(desk.plan(cancel, NO_JOB_RUNS, services={"work"}), services=known)
    desk.apply(desk.undo(applied.entries[0], services={"work"}), services=known, most=4)
    assert len(outside.requests) == 4

    again = desk.undo(applied.entries[0], services={"work"})
    assert (len(again.changes), len(again.calls)) == (0, 2)
    desk.apply(again, services=known)

    assert len(outside.requests) == 6
    with pytest.raises(JournalError, match="is undone already"):
        desk.undo(applied.entries[0], services={"work"})


def test_what_somebody_else_has_called_meanwhile_is_not_called(
    desk: Desk, outside: Counter
) -> None:
    known = services(outside)
    nobody = {"work": Service(name="work", kind=Kind.HTTP, url="http://127.0.0.1:9", key="sekret")}
    applied = desk.apply(desk.plan(tell, NO_JOB_RUNS, services={"work"}), services=nobody)
    read = call_journal.of_entry(desk.primary.connection, applied.entries[0])
    finish(desk, applied.entries[0], known)
    caller = Caller(connection=desk.primary.connection, services=known, stop=Stop())

    late = list(caller.make(read))

    assert len(outside.requests) == 3
    assert {one.state for one in late} == {"begun"}
    assert "somebody else has begun it meanwhile" in late[0].detail


@pytest.mark.parametrize("path", ["/x\ny", "/jobs/../users/1", "/jobs/./1", "/jobs/.."])
def test_a_path_that_no_address_has_is_a_call_that_failed(
    desk: Desk, outside: Counter, path: str
) -> None:
    nobody = {"work": Service(name="work", kind=Kind.HTTP, url="http://127.0.0.1:9", key="sekret")}
    applied = desk.apply(desk.plan(tell, NO_JOB_RUNS, services={"work"}), services=nobody)
    first, *_ = call_journal.of_entry(desk.primary.connection, applied.entries[0])
    caller = Caller(connection=desk.primary.connection, services=services(outside), stop=Stop())

    [called] = caller.make([replace(first, path=path)])

    assert (called.state, called.detail) == ("failed", "its path is none that an address has")
    assert outside.requests == []


def test_what_nothing_takes_back_is_said_before_and_after(desk: Desk, outside: Counter) -> None:
    plan = desk.plan(tell, NO_JOB_RUNS, services={"work"})
    applied = desk.apply(plan, services=services(outside))

    undo = desk.undo(applied.entries[0], services={"work"})

    assert {one.reason for one in undo.skipped} == {
        "a call that was made, and that nothing takes back"
    }
    assert (len(undo.changes), len(undo.calls)) == (3, 0)


def test_a_busy_service_is_asked_again_with_the_same_key(desk: Desk, outside: Counter) -> None:
    outside.answers = [(429, {"headers": {"Retry-After": "0"}}), (200, {"id": "made_2"})]

    applied = desk.apply(
        desk.plan(tell, NO_JOB_RUNS, only={"1"}, services={"work"}), services=services(outside)
    )

    assert (applied.exit_code, list(outside.made.values())) == (0, [2])


def test_a_refusal_is_journaled_and_can_be_tried_again(desk: Desk, outside: Counter) -> None:
    outside.answers = [(402, {"error": {"code": "card_declined", "message": "Ada's card"}})]
    known = services(outside)
    plan = desk.plan(tell, NO_JOB_RUNS, only={"1"}, services={"work"})

    applied = desk.apply(plan, services=known)
    assert applied.exit_code == 3
    [call] = applied.calls
    assert (call.state, call.detail) == ("failed", "402, refused it (card_declined)")
    assert desk.rows("select status from jobs where id = 1") == [("failed",)]

    outside.answers = [(200, {})]
    finished = finish(desk, applied.entries[0], known)
    assert (finished.exit_code, [one.state for one in finished.calls]) == (0, ["done"])
    assert len(outside.made) == 1
    assert list(finish(desk, applied.entries[0], known).calls) == []


def test_a_call_that_may_have_been_made_is_not_made_again_unless_somebody_says_so(
    desk: Desk, outside: Counter
) -> None:
    outside.answers = [None]
    known = services(outside)

    applied = desk.apply(
        desk.plan(tell, NO_JOB_RUNS, only={"1"}, services={"work"}), services=known
    )
    assert (applied.exit_code, len(outside.requests)) == (3, 1)
    [call] = applied.calls
    assert call.state == "begun"
    assert "nobody knows whether it was made" in call.detail
    [left] = desk.undo(applied.entries[0], services={"work"}).skipped
    assert left.reason.startswith("a call that may have been made")

    outside.answers = [(200, {})]
    assert [one.state for one in finish(desk, applied.entries[0], known).calls] == ["begun"]
    assert len(outside.requests) == 1
    seen = finish(desk, applied.entries[0], known, made=True)
    assert ([one.state for one in seen.calls], len(outside.requests)) == (["done"], 1)


def test_it_is_made_again_when_somebody_says_so(desk: Desk, outside: Counter) -> None:
    outside.answers = [None, (200, {})]
    known = services(outside)
    applied = desk.apply(
        desk.plan(tell, NO_JOB_RUNS, only={"1"}, services={"work"}), services=known
    )

    finished = finish(desk, applied.entries[0], known, repeat=True)

    assert ([one.state for one in finished.calls], len(outside.requests)) == (["done"], 2)


@pytest.mark.parametrize(("kind", "given"), [(Kind.STRIPE, {}), (Kind.HTTP, {"idempotent": True})])
def test_where_a_repeated_request_is_made_once_it_is_repeated_at_once(
    desk: Desk, outside: Counter, kind: Kind, given: dict[str, bool]
) -> None:
    outside.answers = [None, (500, {}), (200, {})]

    applied = desk.apply(
        desk.plan(tell, NO_JOB_RUNS, only={"1"}, services={"work"}),
        services=services(outside, kind, **given),
    )

    assert (applied.exit_code, list(outside.made.values())) == (0, [3])


def test_a_service_that_is_not_there_is_left_for_later(desk: Desk, outside: Counter) -> None:
    known = {"work": Service(name="work", kind=Kind.HTTP, url="http://127.0.0.1:9")}
    applied = desk.apply(
        desk.plan(tell, NO_JOB_RUNS, only={"1"}, services={"work"}), services=known
    )
    [call] = applied.calls
    assert (call.state, call.detail) == ("failed", "the service cannot be reached")

    finished = finish(desk, applied.entries[0], services(outside))

    assert [one.state for one in finished.calls] == ["done"]


def test_what_an_earlier_try_left_is_called_when_the_plan_is_applied_again(
    desk: Desk, outside: Counter
) -> None:
    down = {"work": Service(name="work", kind=Kind.HTTP, url="http://127.0.0.1:9")}
    plan = desk.plan(tell, NO_JOB_RUNS, services={"work"})
    desk.apply(plan, services=down)

    again = desk.apply(plan, services=services(outside))

    assert (again.exit_code, len(outside.requests)) == (0, 3)


def test_a_call_whose_row_moved_is_not_made(desk: Desk, outside: Counter) -> None:
    plan = desk.plan(tell, NO_JOB_RUNS, services={"work"})
    desk.execute("update jobs set note = 'seen' where id = 2")

    applied = desk.apply(plan, services=services(outside))

    assert outside.asked() == ["POST /jobs/1/tell", "POST /jobs/3/tell"]
    assert ("work", "belongs to a row that is left alone") in applied.skipped.counts


def test_a_fix_of_calls_alone_is_journaled_too(desk: Desk, outside: Counter) -> None:
    def poke(violations):
        for job in violations:
            yield Call("work", "PUT", f"/jobs/{job['id']}")

    plan = desk.plan(poke, NO_JOB_RUNS, services={"work"})
    applied = desk.apply(plan, services=services(outside))

    assert len(outside.requests) == 3
    assert (applied.exit_code, len(applied.entries)) == (3, 1)
    [proof] = [one for one in applied.proofs if one.place == "primary"]
    assert (proof.invariant, proof.failed) == ("no_job_runs", True)


def test_a_call_that_several_violations_ask_for_is_made_once(desk: Desk, outside: Counter) -> None:
    known = services(outside)

    def reconcile(violations):
        for job in violations:
            yield Update("jobs", key={"id": job["id"]}, set={"status": "failed"})
            yield Call("work", "POST", "/reconcile", {"all": [True]})

    plan = desk.plan(reconcile, NO_JOB_RUNS, services={"work"})
    assert ({one.unit for one in plan.changes}, len(plan.targets)) == ({plan.calls[0].unit}, 3)

    assert desk.apply(plan, services=known).exit_code == 0
    assert outside.asked() == ["POST /reconcile"]


def test_nothing_is_called_where_the_proof_fails(desk: Desk, outside: Counter) -> None:
    def wrong(violations):
        for job in violations:
            yield Update("jobs", key={"id": job["id"]}, set={"note": "still running"})
            yield Call("work", "POST", "/x")
        yield Update("jobs", key={"id": 4}, set={"status": "running"})

    with pytest.raises(ApplyError, match="newly violated by 4"):
        desk.apply(desk.plan(wrong, NO_JOB_RUNS, services={"work"}), services=services(outside))

    assert outside.requests == []
    assert desk.rows("select from trueup.journal_calls") == []


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (Call("mail", "POST", "/x"), "calls the service 'mail'; trueup.toml has work here"),
        (Call("work", "GET", "/x"), "calls with 'GET'; it is one of POST, PUT, PATCH, DELETE"),
        (Call("work", "POST", "x"), "calls the path 'x'; it begins with a slash"),
        (Call("work", "POST", "/x\ny"), "which no address has; quote what it is made of"),
        (Call("work", "POST", "/x", undo=Call("mail", "POST", "/")), "the service 'mail'"),
    ],
)
def test_a_call_that_could_not_be_made_is_no_plan(desk: Desk, call: Call, says: str) -> None:
    def ring(violations):
        for _ in violations:
            yield call

    with pytest.raises(PlanError, match=says):
        desk.plan(ring, NO_JOB_RUNS, services={"work"})


def test_a_service_that_left_the_configuration_refuses_the_plan_before_it_begins(
    desk: Desk,
) -> None:
    plan = desk.plan(tell, NO_JOB_RUNS, services={"work"})

    with pytest.raises(ApplyError, match="has no service 'work'"):
        desk.apply(plan)

    assert desk.rows("select from trueup.journal") == []


def test_stripe_is_spoken_to_in_forms(outside: Counter) -> None:
    [stripe] = services(outside, Kind.STRIPE).values()

    request = stripe.request(
        "POST",
        "/v1/subscriptions/sub_1",
        {"metadata": {"user_id": 7}, "items": [{"price": "p"}], "prorate": False, "coupon": None},
        "key-1",
    )

    assert parse_qsl(request.content.decode(), keep_blank_values=True) == [
        ("metadata[user_id]", "7"),
        ("items[0][price]", "p"),
        ("prorate", "false"),
        ("coupon", ""),
    ]
    assert request.headers["idempotency-key"] == "key-1"


def test_storage_is_opened_with_its_key(outside: Counter) -> None:
    [storage] = services(outside, Kind.SUPABASE_STORAGE).values()

    request = storage.request("DELETE", "/storage/v1/object/avatars/1.png", None, "key-1")

    assert (request.headers["apikey"], request.headers["authorization"]) == (
        "sekret",
        "Bearer sekret",
    )


def test_s3_is_signed(outside: Counter) -> None:
    pytest.importorskip("botocore")
    [bucket] = services(outside, Kind.S3, user="AKIA1", region="eu-west-1").values()

    request = bucket.request("DELETE", "/bucket/a.webm", None, "key-1")

    signed = request.headers["authorization"]
    assert signed.startswith("AWS4-HMAC-SHA256 Credential=AKIA1/")
    assert "/eu-west-1/s3/aws4_request" in signed
    assert "sekret" not in str(request.headers)


def test_a_key_is_never_printed(outside: Counter) -> None:
    [service] = services(outside).values()

    assert "sekret" not in repr(service)


def test_who_asks_to_stop_is_not_kept_waiting() -> None:
    pace.pause(60, Stop(by="Ctrl-C"))


def test_a_call_back_does_not_belong_to_a_row_that_it_was_not_made_with(
    desk: Desk, outside: Counter
) -> None:
    desk.execute("create table tags (k text primary key)")
    desk.execute("create table tagged (id int primary key, k text references tags)")

    def tag(settings):
        for name in ("a", "b"):
            yield Insert("tags", {"k": name})
            yield Call("work", "POST", f"/{name}", undo=Call("work", "DELETE", f"/{name}"))

    applied = desk.apply(desk.plan(tag, services={"work"}), services=services(outside))
    desk.execute("insert into tagged values (1, 'b')")

    undo = desk.undo(applied.entries[0], services={"work"})

    assert [one.key for one in undo.changes] == [{"k": "a"}]
    assert len(undo.calls) == 2
    assert {one.unit for one in undo.calls}.isdisjoint(one.unit for one in undo.changes)
