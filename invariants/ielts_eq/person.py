"""What is a user's: what hangs on their account, and what only has their id or their e-mail."""

from trueup.library.person import Person, given_to, goes, stays

# A capital makes no other address.
E_MAIL = "User: lower(email)"

PERSON = Person(
    account="User.id",
    ties={
        "Subscription.userId": goes(),
        "AnalyticsEvent.userId": goes(),
        "AnalyticsEvent: metadata ->> 'admin'": stays("Who gave credits away stays answerable."),
        "BlogPost.authorId": given_to("editor", may_be_absent=True),
        "LoginAttempt.userId": goes(may_be_absent=True),
        "LoginAttempt: lower(email)": goes(E_MAIL, may_be_absent=True),
        "PasswordResetToken: lower(email)": goes(E_MAIL, may_be_absent=True),
        "VerificationToken: lower(identifier)": goes(E_MAIL),
    },
    secrets=("User.password", "Session.sessionToken"),
    plain=("Account.token_type",),
    objects={"recordings": "user-{id}/"},
    naive="UTC",
)
