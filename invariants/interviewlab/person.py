"""What is a candidate's: all that hangs on their account, and their files, which only name it."""

from trueup.library.person import SUPABASE_SECRETS, SUPABASE_TIES, Person

PERSON = Person(account="auth.users.id", ties=SUPABASE_TIES, secrets=SUPABASE_SECRETS)
