"""Ray's road: from the card in his pocket to the way home and the answer how it went; all real but the wire."""

from tests.worker.conftest import Town


async def test_hello_to_how_did_it_go(town: Town) -> None:
    talk = []
    for words in (
        "ride7",
        "y",
        "1",
        "tomorrow at 8",
        "1",
        "big warhouse by the airport",
        "1",
        "yes pls",
        "hope house on 5th",
        "1",
        "ray",
        "yes 52",
        "3 got to sign out",
    ):
        talk.append((words, await town.text(words)))
    for words, got in talk:
        print(">", words)
        for one in got:
            print("   <", one)
    trips = await town.trips()
    print(trips)
    for _ in range(16):
        for one in await town.move(hours=1):
            print(town.clock.now(), "<", one)
    assert False
