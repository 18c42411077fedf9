"""The verb that accepts violations: waive."""

from datetime import datetime
from typing import Annotated

import typer

from trueup.cli.given import project
from trueup.errors import ConfigError


def waive(
    invariant: Annotated[str, typer.Argument(metavar="SYSTEM.INVARIANT")],
    reason: Annotated[str, typer.Option(help="Why this is accepted.")],
    owner: Annotated[str, typer.Option(help="Who sees to it that it ends.")],
    approver: Annotated[str, typer.Option(help="Who agreed; somebody else than the owner.")],
    until: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="The last day; at most 90 days from today."),
    ],
    keys: Annotated[
        list[str] | None, typer.Option("--key", help="A violation's key; as often as needed.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All its violations, also those yet to come.")
    ] = False,
    zone: Annotated[str, typer.Option(help="Where that day ends, as in Europe/Berlin.")] = "UTC",
    env: Annotated[
        str, typer.Option("--env", metavar="NAME", help="Only there (default: everywhere).")
    ] = "",
) -> None:
    """Accept violations of an invariant for a while: adds a waiver to waivers.toml."""
    from datetime import UTC

    from trueup import catalog
    from trueup.history import waiver_file
    from trueup.model.waiver import Waiver

    if bool(keys) == every:
        raise ConfigError("say what is accepted: each key with --key, or --all")
    found_in = project()
    system = invariant.partition(".")[0]
    waiver = Waiver(
        invariant=invariant,
        keys=None if every else frozenset(keys or ()),
        reason=reason,
        owner=owner,
        approver=approver,
        last_day=until.date(),
        zone=zone,
        environment=env or None,
    )
    waiver_file.refuse_nowhere(waiver, found_in)
    known = {one.id for one in catalog.load(found_in.root, (system,)).invariants}
    if invariant not in known:
        raise ConfigError(f"there is no invariant {invariant!r}; `trueup list {system}` has them")
    added = waiver_file.add(found_in.root / waiver_file.FILE, waiver, datetime.now(UTC))
    typer.echo(f"added to {waiver_file.FILE}; commit it for review:\n\n{added}", nl=False)
