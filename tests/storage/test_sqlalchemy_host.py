"""SQLAlchemy as the host: its rows and ours in one transaction, however its driver begins one."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from crmkit.app import CRM
from crmkit.errors import InvalidValueError, TransitionError
from crmkit.storage import SQLiteStore


class Base(DeclarativeBase):
    pass


class Invoice(Base):
    __tablename__ = "invoice"
    number: Mapped[str] = mapped_column(primary_key=True)


def by_hand(engine: Engine) -> None:
    """The recipe of SQLAlchemy's manual: its SQLite dialect, "Enabling Non-Legacy SQLite"."""

    @event.listens_for(engine, "connect")
    def connect(driver: sqlite3.Connection, record: object) -> None:
        driver.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


MODES = ["by itself", "by hand", *(["by the standard"] if sys.version_info >= (3, 12) else [])]


@pytest.fixture(params=MODES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    arguments = {"autocommit": False} if request.param == "by the standard" else {}
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}", connect_args=arguments)
    if request.param == "by hand":
        by_hand(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def crm_of(session: Session) -> CRM:
    def current() -> sqlite3.Connection:
        driver = session.connection().connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver

    return CRM(SQLiteStore.on(current), actor="ann")


def kept(engine: Engine) -> tuple[list[str], list[str]]:
    with Session(engine) as session:
        customers = [str(customer.id) for customer in crm_of(session).customers.find()]
        return list(session.scalars(select(Invoice.number).order_by(Invoice.number))), customers


def sell(session: Session, number: str, customer: str) -> None:
    crm_of(session).customers.add_person(id=customer, name="Li Wei")
    session.add(Invoice(number=number))


class TestSession:
    def test_that_commits_keeps_both(self, engine: Engine) -> None:
        with Session(engine) as session:
            sell(session, "I-1", "C-1")
            session.commit()
            sell(session, "I-2", "C-2")
            session.commit()

        assert kept(engine) == (["I-1", "I-2"], ["C-1", "C-2"])

    def test_that_rolls_back_keeps_neither(self, engine: Engine) -> None:
        with Session(engine) as session:
            sell(session, "I-1", "C-1")
            session.rollback()
            assert crm_of(session).customers.find() == ()
            sell(session, "I-2", "C-2")
            session.flush()

        assert kept(engine) == ([], [])

    def test_that_fails_keeps_neither(self, engine: Engine) -> None:
        with Session(engine) as session, session.begin():
            sell(session, "I-1", "C-1")

        with pytest.raises(IntegrityError), Session(engine) as session, session.begin():
            sell(session, "I-1", "C-2")

        assert kept(engine) == (["I-1"], ["C-1"])

    def test_whose_verb_is_refused_may_go_on(self, engine: Engine) -> None:
        with Session(engine) as session, session.begin():
            crm = crm_of(session)
            sell(session, "I-1", "C-1")
            crm.complaints.receive(id="K-1", customer="C-1", about="door leaks")
            with pytest.raises(TransitionError):
                crm.complaints.accept("K-1")

        assert kept(engine) == (["I-1"], ["C-1"])

    @pytest.mark.parametrize("engine", ["by hand"], indirect=True)
    def test_may_undo_a_part(self, engine: Engine) -> None:
        with Session(engine) as session, session.begin():
            sell(session, "I-1", "C-1")
            part = session.begin_nested()
            sell(session, "I-2", "C-2")
            part.rollback()

        assert kept(engine) == (["I-1"], ["C-1"])

    def test_in_its_own_wrapping_is_refused(self, engine: Engine) -> None:
        with (
            engine.connect() as connection,
            pytest.raises(InvalidValueError, match="take the driver's own from what"),
        ):
            SQLiteStore.on(connection.connection)  # type: ignore[arg-type]  # refused
