"""What tired people do to a talk, heard through everything that runs: a question is asked once."""

from datetime import datetime

from tests.worker.conftest import BOSTON, Town


async def test_a_move_told_over_an_open_booking_asks_for_the_ride_once(town: Town) -> None:
    await town.talk("ride7", "y", "1", "thursday at 5pm", "1", "big warhouse by the airport", "1", "1")
    await town.move_to(datetime(2027, 2, 24, 16, 30, tzinfo=BOSTON))
    await town.text("they moved it to fri 6pm")
    asked = await town.text("1")
    asked += await town.move(minutes=1)
    assert asked == ["Changed to Fri Feb 26 at 6:00 pm. Need a free ride there? 1 yes 2 no"]
