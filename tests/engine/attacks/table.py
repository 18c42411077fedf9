"""The attacks as a Markdown table; `make docs` writes it between the marks of docs/security.md."""

from collections import Counter
from pathlib import Path

from engine.attacks.attack import LAYERS, Attack, attacks

PAGE = Path(__file__).parents[3] / "docs" / "security.md"
BEGIN, END = "<!-- attacks -->", "<!-- /attacks -->"


def table(found: list[Attack]) -> str:
    """How many there are, what each layer stops, and every attack by kind."""
    by = Counter(attack.by for attack in found)
    refused = (
        f"{by['text']} are stopped by their text, {by['function']} by the volatile function they"
        f" reach, {by['server']} by the server"
    )
    lines = [
        f"{len(found)} attacks, each as three roles on two servers: {refused}.",
        "",
        *(f"- **{layer}**: {words}." for layer, words in LAYERS.items()),
    ]
    for kind in dict.fromkeys(attack.kind for attack in found):
        lines += ["", f"### {kind.capitalize()}", ""]
        lines += ["| attack | SQL | stopped by | beneath, on a primary | on a standby |"]
        lines += ["|---|---|---|---|---|"]
        lines += [_row(attack) for attack in found if attack.kind == kind]
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with the table of today between its marks."""
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{table(attacks())}\n{END}{tail}"


def _row(attack: Attack) -> str:
    sql = attack.sql.replace("|", "\\|").replace("\0", "\\0")
    beneath = " | ".join(" or ".join(attack.beneath[server]) for server in ("primary", "standby"))
    return f"| {attack.name} | `` {sql} `` | {attack.by} | {beneath} |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
