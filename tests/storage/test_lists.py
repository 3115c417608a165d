"""Lists of rows through statements compiled once: the values of any other statement, and its errors."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from storage import lists
from storage.tables import Mark, Place, table
from tests.storage.samples import NOW

MARK, PLACE = table(Mark), table(Place)
_BY_NAME = sa.select(MARK.c.name, MARK.c.at, MARK.c.value).where(
    MARK.c.name.in_(sa.bindparam("names", expanding=True)), MARK.c.value < sa.bindparam("below")
)
_NEW = sa.insert(MARK)
_NEW_ONE = sa.insert(MARK).returning(MARK.c.name)
_FORGET = sa.delete(MARK).where(MARK.c.name.in_(sa.bindparam("names", expanding=True)))


def marks(many: int) -> list[dict[str, object]]:
    return [{"name": f"mark {number:04}", "at": NOW, "value": number} for number in range(many)]


@pytest.mark.parametrize("many", [1, 2, 3, 5])
def test_a_list_of_any_length_finds_its_rows(connection: sa.Connection, many: int) -> None:
    lists.write(connection, _NEW, marks(6))
    names = [f"mark {number:04}" for number in range(many)]
    found = lists.read(connection, _BY_NAME, {"below": 4}, names=names)
    assert sorted(found) == [(f"mark {number:04}", NOW, number) for number in range(min(many, 4))]


def test_more_rows_than_one_statement_takes_are_all_written(connection: sa.Connection) -> None:
    many = lists.MOST_VALUES // 3 + 5
    assert len(lists.add(connection, _NEW_ONE, marks(many))) == many
    lists.change(connection, _FORGET, names=["mark 0000", "mark 0001", "mark 0002"])
    assert connection.scalar(sa.select(sa.func.count()).select_from(MARK)) == many - 3


def test_what_is_sealed_and_what_nobody_named_come_back(connection: sa.Connection) -> None:
    new = {"kind": "other", "label": "Hope House", "address": "218 5th St", "doors": [], "created_at": NOW}
    ((id_,),) = lists.add(connection, sa.insert(PLACE).returning(PLACE.c.id), [new])
    by_id = sa.select(PLACE.c.label, PLACE.c.address, PLACE.c.doors).where(PLACE.c.id == sa.bindparam("id_"))
    assert lists.read(connection, by_id, {"id_": id_}) == [("Hope House", "218 5th St", [])]


def test_an_error_is_the_usual_one_and_carries_no_parameters(connection: sa.Connection) -> None:
    lists.write(connection, _NEW, marks(1))
    with pytest.raises(IntegrityError) as refused, connection.begin_nested():
        lists.write(connection, _NEW, marks(1))
    assert refused.value.params is None
