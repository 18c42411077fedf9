"""IELTS EQ's procedures, each with a row that an operator would type."""

from systems.procedure import Procedure

USER = 'select id as user_id from "User" where {} order by id limit 1'

SIGNED_IN = 'id in (select "userId" from "Session") and role = \'USER\''

SAID = {"reason": "the webhook failed", "admin": "cd6d7705392bc7af633328bea"}

PROCEDURES = (
    Procedure("add_credits", USER.format('not "isBlocked"'), {**SAID, "credits": "10"}),
    Procedure("take_back_credits", USER.format("credits > 2"), {**SAID, "credits": "2"}),
    Procedure("promote_admin", typed={"user_id": "c24b299d767a979b1ef4b2e63"}),
    Procedure("demote_admin", USER.format("role = 'ADMIN'")),
    Procedure("block_user", USER.format(SIGNED_IN)),
    Procedure("unblock_user", USER.format('"isBlocked"')),
)
