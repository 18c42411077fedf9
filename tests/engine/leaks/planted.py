"""What must never get out: a person or a secret of each kind, each with a mark of its own."""

import base64

from msgspec import Struct


class Planted(Struct, frozen=True):
    """One thing that is planted; `value` holds the mark, by which it is looked for."""

    kind: str
    value: str
    mark: str
    type: str = "text"

    @property
    def forms(self) -> set[str]:
        """How it might come out: as it is, in capitals, reversed, in hexadecimal, in base 64."""
        raw = self.mark.encode()
        whole = base64.b64encode(self.value.encode()).decode()
        return {self.mark, self.mark.upper(), self.mark[::-1], raw.hex(), whole[:24]}


def _all(of: list[tuple[str, str, str]], first: int) -> tuple[Planted, ...]:
    found = []
    for number, (kind, value, kind_of_column) in enumerate(of, first):
        mark = f"zq{number:02}vx"
        found.append(Planted(kind, value.replace("@@", mark), mark, kind_of_column))
    return tuple(found)


COLUMNS = _all(
    [
        ("a name", "Jane @@", "text"),
        ("an e-mail address", "@@@people.example", "varchar(80)"),
        ("an e-mail address, padded", "@@@people.example", "char(80)"),
        ("an e-mail address as a name", "@@@people.example", "name"),
        ("an e-mail address of a domain", "@@@people.example", "mail"),
        ("an address in JSON", '{"street": "@@ Road 7"}', "json"),
        ("an address in nested JSON", '{"a": [{"to": {"city": "@@"}}]}', "jsonb"),
        ("a person as a key of JSON", '{"@@@people.example": true}', "jsonb"),
        ("people in an array", '{"Jo","@@"}', "text[]"),
        ("people in an array of JSON", '{"{\\"n\\": \\"@@\\"}"}', "jsonb[]"),
        ("a person as bytes", "Jane @@", "bytea"),
        ("a person as a row", '(1,"Jane @@")', "pair"),
        ("a person in a vector of words", "jane @@", "tsvector"),
        ("a person in a question of words", "jane & @@", "tsquery"),
        ("a person as XML would have it", "<p>@@</p>", "text"),
        ("a telephone number", "+49 170 1234567 @@", "text"),
        ("a postal address", "@@ Road 7, 12345 Town", "text"),
        ("a line of a spreadsheet", "7;Jane;@@;yes", "text"),
        ("markup", "<script>@@</script>", "text"),
        ("a message", "Dear @@,\nyours\n\tJane", "text"),
        ("a connection string", "postgresql://u:@@@db.example/x", "text"),
        ("a connection string in a URL", "postgresql%3A%2F%2Fu%3A@@%40db%2Fx", "text"),
        ("a connection string of words", "host=db user=u password=@@ dbname=x", "text"),
        ("a live Stripe key", "sk_" + "live_@@0123456789", "text"),
        ("a restricted Stripe key", "rk_" + "live_@@0123456789", "text"),
        ("a webhook's secret", "whsec_" + "@@0123456789", "text"),
        ("a JSON web token", "eyJhbGciOiJIUzI1NiJ9.@@abcdef.c2ln", "text"),
        ("an AWS key", "AKIA" + "@@ABCDEFGHIJ", "text"),
        ("a GitHub token", "ghp_" + "@@" + "a1B2" * 8, "text"),
        ("a Slack token", "xoxb-" + "1234567890-@@", "text"),
        ("a key of an AI provider", "sk-proj-" + "@@" + "a1B2" * 8, "text"),
        ("a Google key", "AIza" + "@@" + "SyA1" * 8, "text"),
        ("a Supabase key", "sb_secret_" + "@@a1B2c3D4", "text"),
        ("a private key", "-----BEGIN PRIVATE KEY-----\n@@", "text"),
        ("a header that authorizes", "Authorization: Bearer @@a1B2c3D4e5F6", "text"),
        ("a cookie", "Cookie: session=@@", "text"),
        ("a password's hash", "$2b$12$@@abcdefghijklmnop", "text"),
        ("a link that lets in", "https://app.example/reset?token=@@", "text"),
    ],
    first=10,
)
"""One column each of a table that an invariant selects whole."""

AGGREGATES = (
    "string_agg({}, ',')",
    "array_agg({}::text)",
    "json_agg({})",
    "json_object_agg({}, 1)",
    "max({}::text)",
    "format('%s of %s', 1, max({}::text))",
    "upper(max({}::text))",
    "reverse(max({}::text))",
    "encode(convert_to(max({}::text), 'UTF8'), 'base64')",
    "encode(convert_to(max({}::text), 'UTF8'), 'hex')",
    "substring(max({}::text) from '[a-z]+[0-9]+[a-z]+')",
    "to_jsonb(array_agg({}))",
)
"""Ways to make other values of an e-mail address, in a row that no longer looks like it."""

CASTS = ("int", "uuid", "json", "timestamptz", "inet", "numeric", "bool", "interval", "date")
"""What an e-mail address is none of: the server's message repeats it."""

ELSEWHERE = {
    mark.kind: mark
    for mark in _all(
        [
            ("an exception", "Jane @@", ""),
            ("a key that is missing", "Jane @@", ""),
            ("a chained exception", "Jane @@", ""),
            ("an assertion", "Jane @@", ""),
            ("an exit", "Jane @@", ""),
            ("what is printed", "Jane @@", ""),
            ("what is printed as an error", "Jane @@", ""),
            ("what is logged", "Jane @@", ""),
            ("a warning", "Jane @@", ""),
            ("a row made in Python", "Jane @@", ""),
            ("a list in a row", "Jane @@", ""),
            ("the replica's password", "@@secret", ""),
            ("a setting", "Jane @@", ""),
            ("a variable of the environment", "@@secret", ""),
            ("the project's folder", "@@", ""),
            ("a module's exception", "postgresql://u:@@@db/x", ""),
            ("a module's source", "Jane @@", ""),
            ("what a module prints", "Jane @@", ""),
            ("a line that is no Python", "Jane @@", ""),
        ],
        first=70,
    )
}
"""What is planted beside the rows, by kind."""

EVERYTHING = (*COLUMNS, *ELSEWHERE.values())
