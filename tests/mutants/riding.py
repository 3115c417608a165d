"""Bugs of rides: a second car, money that is not there, nobody woken, a company they are kept from."""

from typing import Final

from tests.mutants.plant import Edit, Plant

RIDES: Final = "tests/worker/test_rides_worker.py::"
LADDER: Final = "tests/worker/test_ride_ladder.py::"
ALARMS: Final = "tests/worker/test_alarms.py::"
FUNDS: Final = "tests/storage/test_funds.py::"

PLANTS: Final = (
    Plant(
        "no list is no ride",
        "a list by our ref that does not come counts as one without our ride: two cars",
        5,
        (
            Edit(
                "bot/worker/ride_order.py",
                "        case TryLater(after):\n"
                "            await later(held, after)\n"
                "        case Refused() | Unknown():\n"
                "            await later(held, None)\n",
                "        case TryLater(after):\n"
                "            await later(held, after)\n"
                "        case Refused() | Unknown():\n"
                '            await later(held, None, state="held")\n',
            ),
        ),
        (f"{RIDES}test_a_lost_answer_and_a_list_that_does_not_come_make_no_second_car",),
    ),
    Plant(
        "hold without its condition",
        "many who book at once are promised more than the fund has",
        6,
        (
            Edit(
                "storage/funds.py",
                "    enough = taken <= FUND.c.budget_cents + budget if free < 0 else sa.true()\n",
                "    enough = taken <= FUND.c.budget_cents + budget if budget < 0 else sa.true()\n",
            ),
        ),
        (f"{FUNDS}test_a_fund_is_never_overspent_however_many_ask_at_once",),
        symptom="IntegrityError",
    ),
    Plant(
        "a ledger that is written over",
        "a later receipt changes the entry of the first instead of adding its own",
        6,
        (
            Edit(
                "storage/funds.py",
                "    connection.execute(sa.insert(ENTRY).values(**line, **cents))\n    return True\n",
                '    if kind == "adjust" and ride_id is not None:\n'
                "        at = sa.and_(ENTRY.c.ride_id == ride_id, ENTRY.c.kind.in_(ENDS))\n"
                "        connection.execute(sa.update(ENTRY).where(at).values(**cents))\n"
                "    else:\n"
                "        connection.execute(sa.insert(ENTRY).values(**line, **cents))\n"
                "    return True\n",
            ),
        ),
        (f"{FUNDS}test_a_later_receipt_puts_the_cost_right",),
        symptom="IntegrityError",
    ),
    Plant(
        "always the first in line",
        "who does not answer an alarm is called again and again, and the next in line never",
        18,
        (
            Edit(
                "bot/worker/alarms.py",
                "    who = min(line, key=lambda one: times[one.id])\n",
                "    who = line[0]\n",
            ),
        ),
        (f"{ALARMS}test_an_alarm_goes_down_the_line_and_round_until_its_limit",),
    ),
    Plant(
        "STOP of staff is a person's",
        "a caseworker who says STOP to alarms is met as a new person, and answered",
        18,
        (
            Edit(
                "bot/staff_phone.py",
                "    return frozenset(ours)\n",
                "    return frozenset(place for place in ours if _plain(inbound[place].text) not in STOP)\n",
            ),
        ),
        (f"{ALARMS}test_stop_from_a_staff_phone_is_heard_and_the_next_is_called",),
    ),
    Plant(
        "another car of the same company",
        "after an unsafe ride a car is ordered of the company the person is kept from",
        5,
        (
            Edit(
                "bot/rebooking.py",
                "but = spent(tried) | excluded(connection, lost.person_id)",
                "but = spent(tried)",
            ),
        ),
        (f"{LADDER}test_after_an_unsafe_ride_another_company_brings_them_home",),
        symptom="ValueError",  # there is a third way home, of the company they are kept from
    ),
)
