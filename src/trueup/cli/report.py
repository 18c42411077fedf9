"""The verbs of reports: what is drawn from runs, without running anything."""

import typer

# What a verb needs is imported by that verb, as everywhere in this room.

app = typer.Typer(help="Reports, drawn from the runs that there are.", no_args_is_help=True)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of run.json."""
    import json

    from trueup.model import run_json

    typer.echo(json.dumps(run_json.schema(), indent=1, ensure_ascii=False))
