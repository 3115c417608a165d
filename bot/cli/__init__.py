"""The `onward` command.

The rule: a command imports what it needs when it runs, so that `--help` is there at once; what a person must
put right is said in plain words on stderr, with exit code 1 and no traceback.
"""

import typer

from bot.cli import authors, jobs, jobs_why, measuring, office, on_call, places, serving

app = typer.Typer(
    name="onward",
    help="A guide by text from release to work: rides to interviews, reminders, a person when needed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.add_typer(serving.app)
app.add_typer(office.db_app, name="db")
app.add_typer(office.staff_app, name="staff")
app.add_typer(on_call.on_call_app, name="on-call")
app.add_typer(office.fund_app, name="fund")
app.add_typer(office.card_app, name="card")
app.add_typer(places.places_app, name="places")
jobs.jobs_app.command("why")(jobs_why.jobs_why)
app.add_typer(jobs.jobs_app, name="jobs")
app.add_typer(authors.app, name="flows")
app.add_typer(measuring.app)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
