"""The schema: migrations and models agree, from empty and again, and no row is lost on the way."""

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from storage import migrations, schema
from storage.database import make_engine
from storage.tables import metadata
from storage.types import Sealed
from tests.databases import KEYS


def test_from_empty_to_the_models(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url)
    assert migrations.differences(empty_database_url) == []


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    migrations.upgrade(database_url)
    assert migrations.differences(database_url) == []


def test_a_database_says_whether_it_is_of_this_version(empty_database_url: str) -> None:
    assert not schema.is_current(empty_database_url)
    migrations.upgrade(empty_database_url, "0001")
    assert not schema.is_current(empty_database_url)
    migrations.upgrade(empty_database_url)
    assert schema.is_current(empty_database_url)
    engine = make_engine(empty_database_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")  # a later version's
    assert not schema.is_current(empty_database_url)


def test_the_newest_migration_is_the_one_alembic_ends_with() -> None:
    known = ScriptDirectory(str(schema.VERSIONS.parent))
    assert known.get_heads() == [schema.newest()]


def test_a_missing_column_is_seen(empty_database_url: str) -> None:
    """The comparison itself can fail."""
    migrations.upgrade(empty_database_url)
    engine = make_engine(empty_database_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE note DROP COLUMN at")
    assert "add_column" in str(migrations.differences(empty_database_url))


def test_every_check_of_the_models_is_in_the_database(engine: sa.Engine) -> None:
    """Alembic's comparison does not look at CHECKs, so we do."""
    inspector = sa.inspect(engine)
    for table in metadata.sorted_tables:
        wanted = {c.name for c in table.constraints if isinstance(c, sa.CheckConstraint)}
        assert {c["name"] for c in inspector.get_check_constraints(table.name)} == wanted, table.name


def test_every_constraint_and_index_has_a_name() -> None:
    for table in metadata.sorted_tables:
        assert all(constraint.name for constraint in table.constraints), table.name
        assert all(index.name for index in table.indexes), table.name


def test_every_sealed_column_is_bound_to_its_own_place() -> None:
    sealed = [
        column for t in metadata.sorted_tables for column in t.columns if isinstance(column.type, Sealed)
    ]
    assert len(sealed) > 15
    for column in sealed:
        assert isinstance(column.type, Sealed)
        assert column.type.place == f"{column.table.name}.{column.name}"


def test_ids_never_come_again(engine: sa.Engine) -> None:
    """An erased person's id must not become somebody else's."""
    mark = metadata.tables["fund"]
    values = {"budget_cents": 1, "created_at": sa.func.now()}
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO fund (name, budget_cents, held_cents, spent_cents, fees_cents, open, created_at) "
            "VALUES ('a', 1, 0, 0, 0, true, '2027-01-01 00:00:00')"
        )
        first = connection.scalar(sa.select(mark.c.id))
        connection.execute(sa.delete(mark))
        connection.execute(sa.insert(mark).values(name="b", **values))
        assert connection.scalar(sa.select(mark.c.id)) != first


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_no_migration_made_a_table_anew_that_forgets_its_ids(connection: sa.Connection) -> None:
    made = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all()
    known = {
        table.name for table in metadata.sorted_tables if table.dialect_options["sqlite"]["autoincrement"]
    }
    assert {name for name, sql in made if "AUTOINCREMENT" in sql} == known


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_recreating_a_parent_table_keeps_its_children(database_url: str) -> None:
    """Alembic's batch mode on SQLite drops and remakes the table: with foreign keys on, children would go."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    engine = make_engine(database_url, KEYS, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO person (id, ref, lang, zone, discreet, facts, pin_tries, sample, created_at) "
            "VALUES (1, 'r', 'en', 'UTC', 0, x'', 0, 0, '2027-01-01')"
        )
        connection.exec_driver_sql(
            "INSERT INTO conversation (person_id, seq, epoch, updated_at) VALUES (1, 0, 0, '2027-01-01')"
        )
    with migrations._migrating(database_url) as config:
        connection = config.attributes["connection"]
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("person", recreate="always") as batch:
            batch.alter_column("zip", new_column_name="postcode")
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM conversation").scalar() == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_migration_that_breaks_links_is_rolled_back(database_url: str) -> None:
    insert = "INSERT INTO conversation (person_id, seq, epoch, updated_at) VALUES (7, 0, 0, '2027-01-01')"
    with pytest.raises(migrations.BrokenLinks), migrations._migrating(database_url) as config:
        config.attributes["connection"].exec_driver_sql(insert)
    engine = make_engine(database_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM conversation").scalar() == 0


def test_a_word_outside_its_list_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.exec_driver_sql(
            "INSERT INTO caseworker (name, email, role, active, created_at) "
            "VALUES ('Maria', 'm@example.org', 'king', true, '2027-01-01 00:00:00')"
        )
