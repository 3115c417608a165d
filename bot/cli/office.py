"""Commands of an office: its tables, its caseworkers, the money for rides, the codes on cards.

The rule: each writes to DATABASE_URL once and says what it wrote.
"""

from datetime import UTC, datetime
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
    area: Annotated[
        str | None, typer.Option(help='Where its people live: states and ZIP beginnings, like "MA 030".')
    ] = None,
    starts: Annotated[datetime | None, typer.Option(help="From this day on, UTC.")] = None,
    ends: Annotated[datetime | None, typer.Option(help="Until this day, UTC.")] = None,
) -> None:
    """Open a fund that pays for rides of every purpose; `fund rule` limits them."""
    import asyncio

    with plainly():
        from bot.settings import load
        from bot.supplies import BadSupply, NewFund, add_fund, cents_of

        try:
            limit = cents_of(ride_limit) if ride_limit else None
            new = NewFund(name, cents_of(dollars), grant, limit, area, _utc(starts), _utc(ends))
            asyncio.run(add_fund(load(), new))
        except BadSupply as error:
            stop(error)
        typer.echo(f"{name} pays for rides from now on.")


def _utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)


@fund_app.command("list")
def fund_list() -> None:
    """Show every fund: what it was given, what is held, spent, paid in fees and left, and its rules."""
    import asyncio

    with plainly():
        from dataclasses import asdict

        from bot.money_books import dollars, standing
        from bot.settings import load

        every, waiting = asyncio.run(standing(load()))
        for one in every:
            fund = one.fund
            sums = zip(
                ("given", "held", "spent", "fees", "left"),
                (fund.budget_cents, fund.held_cents, fund.spent_cents, fund.fees_cents, fund.left_cents),
                strict=True,
            )
            typer.echo(f"{fund.name}: " + ", ".join(f"{name} {dollars(cents)}" for name, cents in sums))
            for purpose, rule in one.rules.items():
                limits = [f"{name} {value}" for name, value in asdict(rule).items() if value is not None]
                typer.echo(f"  {purpose}: {', '.join(limits) or 'no limit'}")
        typer.echo(f"{waiting} on the waitlist.")


@fund_app.command("adjust")
def fund_adjust(
    name: str,
    dollars: Annotated[str, typer.Argument(help="How much more, like 5000 or 12.50.")],
    less: Annotated[bool, typer.Option("--less", help="Take it away instead.")] = False,
) -> None:
    """Give a fund more to spend, or less; who waits for money is offered a ride."""
    import asyncio

    with plainly():
        from bot import money_books
        from bot.settings import load
        from bot.supplies import BadSupply, cents_of

        try:
            cents = cents_of(dollars)
            fund = asyncio.run(money_books.adjust(load(), name, -cents if less else cents))
        except BadSupply as error:
            stop(error)
        typer.echo(f"{fund.name}: {money_books.dollars(fund.left_cents)} left.")


@fund_app.command("rule")
def fund_rule(
    name: str,
    purposes: Annotated[list[str], typer.Argument(help="interview, hiring_step, documents, training, work.")],
    ride_limit: Annotated[str | None, typer.Option(help="Dollars for one leg at most.")] = None,
    trips: Annotated[int | None, typer.Option(min=0, help="Trips a person has, there and home.")] = None,
    miles: Annotated[int | None, typer.Option(min=1, help="Miles of one leg at most.")] = None,
    days_ahead: Annotated[int | None, typer.Option(min=0, help="Days ahead a ride may be.")] = None,
    from_hour: Annotated[int | None, typer.Option(min=0, max=23, help="Pick-ups from this hour.")] = None,
    until_hour: Annotated[int | None, typer.Option(min=1, max=24, help="Pick-ups before this hour.")] = None,
    approval_over: Annotated[str | None, typer.Option(help="Staff agree to legs above this.")] = None,
) -> None:
    """Say by which rule a fund pays for these purposes from now on; what is left out has no limit."""
    import asyncio

    with plainly():
        from bot.money_books import set_rules
        from bot.settings import load
        from bot.supplies import BadSupply, cents_of
        from storage.funds import Rule

        try:
            most = cents_of(ride_limit) if ride_limit else None
            over = cents_of(approval_over) if approval_over else None
            rule = Rule(most, trips, miles, days_ahead, from_hour, until_hour, over)
            asyncio.run(set_rules(load(), name, purposes, rule))
        except BadSupply as error:
            stop(error)
        typer.echo(f"{name} pays for {', '.join(purposes)} by this rule.")


@fund_app.command("ledger")
def fund_ledger(name: str) -> None:
    """Print a fund's ledger: each entry moves dollars between its accounts, and sums to zero."""
    import asyncio

    with plainly():
        from bot import money_books
        from bot.settings import load
        from bot.supplies import BadSupply
        from storage.funds import ACCOUNTS

        try:
            entries = asyncio.run(money_books.ledger(load(), name))
        except BadSupply as error:
            stop(error)
        typer.echo(f"{'at':16} {'kind':8} {'ride':>6} " + " ".join(f"{one:>10}" for one in ACCOUNTS))
        for entry in entries:
            cents = [money_books.dollars(getattr(entry, f"{one}_cents")) for one in ACCOUNTS]
            at, ride = f"{entry.at:%Y-%m-%d %H:%M}", entry.ride_id or ""
            typer.echo(f"{at} {entry.kind:8} {ride!s:>6} " + " ".join(f"{one:>10}" for one in cents))


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
