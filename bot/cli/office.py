"""Commands of an office: its tables, its caseworkers, the money for rides, the codes on cards.

The rule: each writes to DATABASE_URL once and says what it wrote.
"""

from typing import Annotated

import typer

from bot.cli.plain import plainly, stop

db_app = typer.Typer(help="The database.", no_args_is_help=True)
staff_app = typer.Typer(help="Caseworkers.", no_args_is_help=True)
fund_app = typer.Typer(help="Money for rides.", no_args_is_help=True)
card_app = typer.Typer(help="Codes on cards that bring people in.", no_args_is_help=True)


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Make or bring up to date the tables of DATABASE_URL; on SQLite the server must be stopped for that."""
    with plainly():
        from bot.one_server import only_server
        from bot.settings import load
        from storage.schema import is_current

        url = load().database_url
        if not is_current(url):
            from storage.migrations import upgrade

            with only_server(url):
                upgrade(url)
        typer.echo("The database is up to date.")


@staff_app.command("add")
def staff_add(
    name: str,
    email: str,
    role: Annotated[str, typer.Option(help="caseworker, supervisor or admin.")] = "caseworker",
    team: Annotated[str | None, typer.Option()] = None,
    hours: Annotated[str | None, typer.Option(help='When they answer, like "Mon-Fri 9-5".')] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    on_call: Annotated[
        bool,
        typer.Option(
            "--on-call", help="They are on call at any hour; for hours of their own see onward on-call."
        ),
    ] = False,
    password: Annotated[
        str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, envvar="ONWARD_PASSWORD")
    ] = "",
) -> None:
    """Write a caseworker down, with the password they sign in with."""
    import asyncio

    with plainly():
        from bot.settings import load
        from bot.staff_accounts import BadAccount, NewAccount, add

        new = NewAccount(name, email, password, role, team, hours, phone, on_call)
        try:
            asyncio.run(add(load(), new))
        except BadAccount as error:
            stop(error)
        typer.echo(f"{name} can sign in at /staff as {email}.")


@fund_app.command("add")
def fund_add(
    name: str,
    dollars: Annotated[str, typer.Argument(help="How much, like 5000 or 12.50.")],
    grant: Annotated[str | None, typer.Option(help="Only for people of this grant.")] = None,
    ride_limit: Annotated[str | None, typer.Option(help="At most this many dollars for one leg.")] = None,
) -> None:
    """Open a fund that pays for rides."""
    import asyncio

    with plainly():
        from bot.settings import load
        from bot.supplies import BadSupply, NewFund, add_fund, cents_of

        try:
            limit = cents_of(ride_limit) if ride_limit else None
            asyncio.run(add_fund(load(), NewFund(name, cents_of(dollars), grant, limit)))
        except BadSupply as error:
            stop(error)
        typer.echo(f"{name} pays for rides from now on.")


@card_app.command("add")
def card_add(
    code: Annotated[str | None, typer.Argument(help="The code; a new one without it.")] = None,
    count: Annotated[int, typer.Option(help="How many new codes.")] = 1,
    uses: Annotated[int, typer.Option(help="How many people a code brings in.")] = 1,
    caseworker: Annotated[str | None, typer.Option(help="Whose people they are, by e-mail.")] = None,
    grant: Annotated[str | None, typer.Option(help="The grant that pays for them.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or es: the first text's language.")] = None,
) -> None:
    """Make codes for cards and print them, one a line."""
    import asyncio

    with plainly():
        from bot.settings import load
        from bot.supplies import BadSupply, NewCards, add_cards

        try:
            codes = asyncio.run(add_cards(load(), NewCards(code, count, uses, caseworker, grant, lang)))
        except BadSupply as error:
            stop(error)
        for each in codes:
            typer.echo(each)
