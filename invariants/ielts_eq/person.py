"""What is a user's: what hangs on their account, and what only has their id or their e-mail."""

from trueup.library.person import Person, given_to, goes, stays

PERSON = Person(
    account="User.id",
    ties={
        "Subscription.userId": goes(),
        "AnalyticsEvent.userId": goes(),
        "AnalyticsEvent: metadata ->> 'admin'": stays("Who gave credits away stays answerable."),
        "BlogPost.authorId": given_to("editor", may_be_absent=True),
        "LoginAttempt.userId": goes(may_be_absent=True),
        "LoginAttempt.email": goes("User.email", may_be_absent=True),
        "PasswordResetToken.email": goes("User.email", may_be_absent=True),
        "VerificationToken.identifier": goes("User.email"),
    },
    secrets=("User.password", "Session.sessionToken"),
    plain=("Account.token_type",),
    naive="UTC",
)
