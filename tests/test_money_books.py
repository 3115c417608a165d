"""Funds from the command line: adjusted, given rules, listed, and their ledger printed."""

import pytest
from typer.testing import CliRunner

from bot.cli import app


@pytest.fixture
def cli(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ENV", "test")
    return CliRunner()


def said(cli: CliRunner, *words: str) -> str:
    return cli.invoke(app, ["fund", *words]).output


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_fund_from_its_first_dollar_to_its_ledger(cli: CliRunner) -> None:
    assert "pays for rides" in said(cli, "add", "Rides", "100", "--area", "MA")
    assert said(cli, "adjust", "Rides", "12.50") == "Rides: 112.50 left.\n"
    assert said(cli, "adjust", "Rides", "2.50", "--less") == "Rides: 110.00 left.\n"
    assert "110.00 is free" in said(cli, "adjust", "Rides", "500", "--less")
    assert "no fund named Coaches" in said(cli, "adjust", "Coaches", "1")
    assert "by this rule" in said(
        cli, "rule", "Rides", "interview", "work", "--trips", "4", "--approval-over", "40"
    )
    assert "A purpose is one of" in said(cli, "rule", "Rides", "holiday")
    listed = said(cli, "list").splitlines()
    assert listed[0] == "Rides: given 110.00, held 0.00, spent 0.00, fees 0.00, left 110.00"
    assert listed[1] == "  interview: person_trips 4, approval_over_cents 4000"
    assert listed[-1] == "0 on the waitlist."
    lines = [line.split() for line in said(cli, "ledger", "Rides").splitlines()[1:]]
    assert [line[2:5] for line in lines] == [
        ["adjust", "-100.00", "100.00"],
        ["adjust", "-12.50", "12.50"],
        ["adjust", "2.50", "-2.50"],
    ]
