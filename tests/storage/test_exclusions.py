"""Companies a person is not sent with: until a human clears it, and on the record for good."""

from datetime import timedelta

import sqlalchemy as sa

from storage import audit, exclusions
from tests.storage.samples import NOW, a_caseworker, someone


def test_excluded_until_a_human_clears_it(connection: sa.Connection) -> None:
    ray, dee = someone(connection).person_id, someone(connection, "sms:+15555550177").person_id
    exclusions.exclude(connection, ray, "guest_rides", "he wanted cash", NOW)
    exclusions.exclude(connection, ray, "guest_rides", "and he followed me", NOW + timedelta(hours=1))
    assert exclusions.excluded(connection, ray) == {"guest_rides"}
    assert exclusions.excluded(connection, dee) == frozenset()
    (one,) = exclusions.exclusions_of(connection, ray)
    assert (one.reason, one.at) == ("and he followed me", NOW)
    maria = a_caseworker(connection)
    assert exclusions.clear(connection, ray, "guest_rides", maria.id, NOW)
    assert not exclusions.clear(connection, ray, "guest_rides", maria.id, NOW)
    assert exclusions.excluded(connection, ray) == frozenset()
    assert audit.verify(connection).lines >= 1
    exclusions.exclude(connection, ray, "guest_rides", "again", NOW)
    assert exclusions.excluded(connection, ray) == {"guest_rides"}
