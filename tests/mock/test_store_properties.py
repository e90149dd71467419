"""The store answers every query as a plain list would, after any writes and roll-backs."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from copy import copy
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from support import examples

from helpers.mock.core import store as store_module
from helpers.mock.core import table_cache
from helpers.mock.core.clock import Clock
from helpers.mock.core.context import Backend, Context
from helpers.mock.core.schema import Between, Resource
from helpers.mock.core.sids import Sids
from helpers.mock.core.store import Store


class Box(Resource):
    """A resource that others lie in."""

    prefix: ClassVar[str] = "BX"
    sid: str
    colour: str | None

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)


class Ball(Resource):
    """A resource in a box, with a name that is unique there."""

    prefix: ClassVar[str] = "BL"
    sid: str
    box_sid: str
    name: str | None
    size: int
    due_at: float | None

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",), ("box_sid", "name"))
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("box_sid",), ("due_at",))


class RolledBack(Exception):
    """Ends a unit of work that is to leave no trace."""


SIZES = st.integers(0, 3)
NAMES = st.one_of(st.none(), st.sampled_from(["a", "b", "é"]))
DUE = st.one_of(st.none(), st.sampled_from([1.0, 2.0, 3.5]))
ANY = st.integers(0, 9)
SELDOM = st.sampled_from([False, False, False, False, False, True])


def roll_back(is_meant: bool) -> None:
    """End the unit of work without a trace, if that is meant."""
    if is_meant:
        raise RolledBack


class StoreAndList(RuleBasedStateMachine):
    """Writes both to a store and to lists of what it should hold."""

    file: ClassVar[Path | None] = None

    @initialize(queried_before=st.booleans())
    def begin(self, *, queried_before: bool) -> None:
        self.backend = Backend(Store((Box, Ball), self.file), Clock(), Sids(1))
        self.boxes: list[Box] = []
        self.balls: list[Ball] = []
        self.marks: list[tuple[AbstractContextManager[None], list[Box], list[Ball]]] = []
        if queried_before:
            for query in ({"sid": "BL1"}, {"box_sid": "BX1"}, {"size": 1}):
                assert self.backend.store.find(Ball, query) is None

    def teardown(self) -> None:
        if hasattr(self, "backend"):
            while self.marks:
                self.go_back_to_a_mark(0)
            for box in self.boxes:
                self.check_box(box)
            self.expect(self.backend.store.select(Ball), self.balls)
            self.backend.store.close()
        if self.file is not None:
            self.file.unlink(missing_ok=True)

    @rule()
    def take_a_mark(self) -> None:
        if len(self.marks) < 3:
            lists = [copy(box) for box in self.boxes], [copy(ball) for ball in self.balls]
            rewinding = self.backend.rewinding()
            rewinding.__enter__()
            self.marks.append((rewinding, *lists))

    @rule(which=ANY)
    def go_back(self, which: int) -> None:
        if self.marks:
            self.go_back_to_a_mark(which)

    def go_back_to_a_mark(self, which: int) -> None:
        rewinding, self.boxes, self.balls = self.marks.pop(which % len(self.marks))
        rewinding.__exit__(None, None, None)

    @property
    def ctx(self) -> Context:
        return Context(self.backend, "AC1")

    @rule(colour=st.sampled_from(["red", None]), then_back=SELDOM)
    def make_a_box(self, colour: str | None, *, then_back: bool) -> None:
        try:
            with self.backend.transaction():
                box = self.ctx.create(Box, colour=colour)
                assert self.backend.store.select(Ball, {"box_sid": box.sid}) == []
                roll_back(then_back)
                self.boxes.append(box)
        except RolledBack:
            assert self.backend.store.first(Box, sid=box.sid) is None

    @rule(which=ANY, sizes=st.lists(SIZES, min_size=1, max_size=3), due=DUE, then_back=SELDOM)
    def make_balls(
        self, which: int, sizes: list[int], due: float | None, *, then_back: bool
    ) -> None:
        if not self.boxes:
            return
        box = self.boxes[which % len(self.boxes)]
        made = []
        try:
            with self.backend.transaction():
                for size in sizes:
                    ball = self.ctx.create(Ball, box_sid=box.sid, name=None, size=size, due_at=due)
                    made.append(ball)
                assert self.backend.store.count(Ball, box_sid=box.sid) >= len(sizes)
                roll_back(then_back)
                self.balls += made
        except RolledBack:
            pass

    @rule(which=ANY, size=SIZES, name=NAMES, due=DUE, then_back=SELDOM, twice=st.booleans())
    def change_a_ball(
        self,
        which: int,
        size: int,
        name: str | None,
        due: float | None,
        *,
        then_back: bool,
        twice: bool,
    ) -> None:
        if not self.balls:
            return
        ball = self.balls[which % len(self.balls)]
        if any(b is not ball and b.box_sid == ball.box_sid and b.name == name for b in self.balls):
            name = None
        before = (ball.size, ball.name, ball.due_at)
        own = self.backend.store.first(Ball, sid=ball.sid)
        assert own == ball
        try:
            with self.backend.transaction():
                if twice:
                    self.backend.store.save(own, size=9)
                    assert ball.sid in {b.sid for b in self.backend.store.select(Ball, {"size": 9})}
                self.backend.store.save(own, size=size, due_at=due)
                if name != ball.name:
                    self.backend.store.save(own, name=name)
                roll_back(then_back)
                ball.size, ball.name, ball.due_at = size, name, due
        except RolledBack:
            assert (ball.size, ball.name, ball.due_at) == before

    @rule(which=ANY, size=SIZES, then_back=SELDOM)
    def resize_a_ball(self, which: int, size: int, *, then_back: bool) -> None:
        if not self.balls:
            return
        ball = self.balls[which % len(self.balls)]
        own = self.backend.store.first(Ball, sid=ball.sid)
        try:
            with self.backend.transaction():
                self.backend.store.save(own, size=size)
                roll_back(then_back)
                ball.size = size
        except RolledBack:
            pass

    @rule(which=ANY, then_back=SELDOM)
    def remove_a_ball(self, which: int, *, then_back: bool) -> None:
        if not self.balls:
            return
        ball = self.balls[which % len(self.balls)]
        try:
            with self.backend.transaction():
                self.backend.store.remove(ball)
                assert not self.backend.store.exists(Ball, sid=ball.sid)
                roll_back(then_back)
                self.balls.remove(ball)
        except RolledBack:
            assert self.backend.store.exists(Ball, sid=ball.sid)

    @rule(which=ANY, size=SIZES)
    def empty_a_box(self, which: int, size: int) -> None:
        if not self.boxes:
            return
        box = self.boxes[which % len(self.boxes)]
        with self.backend.transaction():
            self.backend.store.remove_all(Ball, box_sid=box.sid, size=size)
        self.balls = [b for b in self.balls if (b.box_sid, b.size) != (box.sid, size)]

    @rule(which=ANY)
    def remove_the_oldest(self, which: int) -> None:
        if not self.balls:
            return
        seq = self.balls[which % len(self.balls)].seq
        with self.backend.transaction():
            self.backend.store.remove_before(Ball, seq)
        self.balls = [b for b in self.balls if b.seq >= seq]

    @rule()
    def copy_and_restore(self) -> None:
        self.backend.store.restore(self.backend.store.copy())

    @rule()
    def read_past_the_cache(self) -> None:
        self.expect(self.backend.store.select(Ball, after=0), self.balls)

    def expect(self, found: list[Ball], wanted: list[Ball]) -> None:
        assert found == wanted
        assert [each.seq for each in found] == [each.seq for each in wanted]

    @rule(which=ANY)
    def query_a_box(self, which: int) -> None:
        if self.boxes:
            self.check_box(self.boxes[which % len(self.boxes)])

    @rule(size=SIZES, colour=st.sampled_from(["red", "blue", None]))
    def query_by_values(self, size: int, colour: str | None) -> None:
        store = self.backend.store
        sized = [b for b in self.balls if b.size == size]
        assert store.first(Ball, size=size) == (sized[0] if sized else None)
        coloured = [b for b in self.boxes if b.colour == colour]
        assert store.select(Box, {"colour": colour}) == coloured

    def check_box(self, box: Box) -> None:
        store = self.backend.store
        inside = [b for b in self.balls if b.box_sid == box.sid]
        self.expect(store.select(Ball, {"box_sid": box.sid}), inside)
        latest = store.select(Ball, {"box_sid": box.sid}, order="desc", limit=2)
        self.expect(latest, inside[:-3:-1])
        for offset in (0, 1):
            page = store.select(Ball, {"box_sid": box.sid}, limit=2, offset=offset)
            self.expect(page, inside[offset : offset + 2])
        largest = sorted(inside, key=lambda b: (-b.size, b.seq))
        self.expect(store.select(Ball, {"box_sid": box.sid}, by=("-size",), limit=2), largest[:2])
        small = [b for b in inside if b.size in (0, 1)]
        self.expect(store.select(Ball, {"box_sid": box.sid, "size": [0, 1]}), small)
        assert store.count(Ball, box_sid=box.sid) == len(inside)
        named = next((b for b in inside if b.name == "a"), None)
        assert store.first(Ball, box_sid=box.sid, name="a") == named
        nameless = any(b.name is None for b in inside)
        assert store.exists(Ball, box_sid=box.sid, name=None) == nameless
        self.expect(store.select_shared(Ball, {"box_sid": box.sid}), inside)

    @rule()
    def query_them_all(self) -> None:
        store, balls = self.backend.store, self.balls
        due = sorted((b for b in balls if b.due_at is not None), key=lambda b: (b.due_at, b.seq))
        self.expect(store.select(Ball, {"due_at": Between()}, by=("due_at",)), due)
        soon = [b for b in due if b.due_at is not None and b.due_at <= 2]
        self.expect(store.select(Ball, {"due_at": Between(high=2.0)}, by=("due_at",)), soon)
        largest = sorted(balls, key=lambda b: (-b.size, b.seq))
        self.expect(store.select(Ball, {}, by=("-size",), limit=3), largest[:3])
        tally: dict[Any, int] = {}
        for b in balls:
            tally[b.box_sid, b.size] = tally.get((b.box_sid, b.size), 0) + 1
        assert store.tally(Ball, ("box_sid", "size"), {}) == tally
        for ball in balls[-2:]:
            assert store.shared(Ball, ball.sid) == ball
        known = [ball.sid for ball in balls]
        assert store.shared_of(Ball, [*reversed(known), "BL0"]) == balls[::-1]

    @rule(low=st.sampled_from([0.0, 1.5, 2.0]), length=st.sampled_from([0.0, 1.0, 9.0]), limit=ANY)
    def query_a_range(self, low: float, length: float, limit: int) -> None:
        store, high = self.backend.store, low + length
        due = [b for b in self.balls if b.due_at is not None and low <= b.due_at <= high]
        for box in (None, *self.boxes[:1]):
            within = [b for b in due if box is None or b.box_sid == box.sid]
            within.sort(key=lambda b: (b.due_at, -b.size, b.seq))
            where = {"due_at": Between(low, high)} | ({"box_sid": box.sid} if box else {})
            found = store.select(Ball, where, by=("due_at", "-size"), limit=limit)
            self.expect(found, within[:limit])


@pytest.fixture(params=["roomy", "large results", "narrow"])
def room(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with the caches' own limits, with small ones, and so that everything is dropped often."""
    if request.param == "large results":
        monkeypatch.setattr(table_cache, "LARGEST", 3)
        monkeypatch.setattr(store_module, "LARGEST", 3)
        monkeypatch.setattr(table_cache, "FIRST", 2)
    if request.param == "narrow":
        monkeypatch.setattr(table_cache, "KEPT_ROWS", 2)
        monkeypatch.setattr(table_cache, "LARGEST", 3)
        monkeypatch.setattr(store_module, "LARGEST", 3)
        monkeypatch.setattr(table_cache, "FIRST", 2)
        monkeypatch.setattr(table_cache, "MOST_RESULTS", 3)
        monkeypatch.setattr(table_cache, "MOST_DROPPED", 4)
        monkeypatch.setattr(table_cache, "MOST_FRESH", 2)
        monkeypatch.setattr(store_module, "MOST_WAITING", 6)


RUNS = settings(
    max_examples=examples(80),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.hypothesis
@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("kept", ["in memory", "in a file"])
def test_every_query_finds_what_a_list_would_hold(kept: str, tmp_path: Path) -> None:
    class Machine(StoreAndList):
        file = tmp_path / "balls.db" if kept == "in a file" else None

    case = Machine.TestCase
    case.settings = RUNS if kept == "in memory" else settings(RUNS, max_examples=examples(15))
    case("runTest").runTest()


@pytest.fixture
def ctx() -> Context:
    return Context(Backend(Store((Box, Ball)), Clock(), Sids(1)), "AC1")


def test_a_change_that_is_rolled_back_leaves_a_row_that_waits_as_it_was(ctx: Context) -> None:
    assert ctx.store.first(Box, sid="BX1") is None
    with ctx.backend.transaction():
        box = ctx.create(Box, colour="red")
    found = ctx.store.first(Box, sid=box.sid)

    def change() -> None:
        with ctx.backend.transaction():
            ctx.store.save(found, colour="blue")
            roll_back(True)

    with pytest.raises(RolledBack):
        change()
    assert ctx.store.first(Box, sid=box.sid) == box
    assert box.colour == "red"


def test_results_that_were_dropped_are_read_again(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_cache, "MOST_RESULTS", 3)
    assert ctx.store.first(Box, colour="red") is None
    colours = ["red", "green", "blue", "white", "black"]
    with ctx.backend.transaction():
        for colour in colours:
            ctx.create(Box, colour=colour)
    found = [ctx.store.first(Box, colour=colour) for colour in colours]
    assert [box and box.colour for box in found] == colours


def test_a_large_result_whose_first_rows_have_gone_is_read_again_once_it_was_dropped(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_cache, "LARGEST", 2)
    monkeypatch.setattr(store_module, "LARGEST", 2)
    monkeypatch.setattr(table_cache, "FIRST", 1)
    monkeypatch.setattr(table_cache, "MOST_RESULTS", 2)
    assert ctx.store.first(Box, colour="red") is None
    with ctx.backend.transaction():
        first, second, _ = [ctx.create(Box, colour="red") for _ in range(3)]
        ctx.store.remove(first)
        for colour in ("green", "blue"):
            ctx.create(Box, colour=colour)
    assert ctx.store.first(Box, colour="red") == second


def test_rows_stay_in_memory_while_they_wait_and_the_latest_only_once_they_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table_cache, "KEPT_ROWS", 3)
    ctx = Context(Backend(Store((Box, Ball)), Clock(), Sids(1)), "AC1")
    read: list[str] = []
    execute = ctx.store._execute

    def counted(sql: str, *values: Any) -> Any:
        read.append(sql)
        return execute(sql, *values)

    monkeypatch.setattr(ctx.store, "_execute", counted)
    made = []
    for _ in range(20):
        with ctx.backend.transaction():
            made.append(ctx.create(Box, colour=None))
    assert [ctx.store.first(Box, seq=box.seq) for box in made] == made
    assert read == []
    ctx.store.copy()
    with ctx.backend.transaction():
        made += [ctx.create(Box, colour=None) for _ in range(10)]
    read.clear()
    early = made[19::-1]
    assert [ctx.store.first(Box, seq=box.seq) for box in early] == early
    assert len([sql for sql in read if sql.startswith("SELECT")]) == 20


def test_a_write_outside_a_unit_of_work_is_refused(ctx: Context) -> None:
    with pytest.raises(store_module.NoUnitOfWork):
        ctx.create(Box, colour="red")
    assert ctx.store.select(Box) == []


def test_a_row_that_another_rules_out_does_not_hold_up_the_rest(
    ctx: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with ctx.backend.transaction():
        first = ctx.create(Box, sid="BX1", colour="red")
        ctx.create(Box, sid="BX1", colour="blue")
        other = ctx.create(Box, colour="green")
    assert ctx.store.select(Box, after=0) == [first, other]
    assert ctx.store.select(Box) == [first, other]
    assert "left out" in caplog.text


def test_a_range_does_not_end_where_the_first_rows_of_a_large_result_do(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_cache, "LARGEST", 3)
    monkeypatch.setattr(store_module, "LARGEST", 3)
    monkeypatch.setattr(table_cache, "FIRST", 2)
    with ctx.backend.transaction():
        box = ctx.create(Box, colour=None)
        for due in range(5):
            ctx.create(Ball, box_sid=box.sid, name=None, size=1, due_at=float(due))
    for high, count in ((0.0, 1), (1.0, 2), (3.0, 4), (9.0, 5)):
        found = ctx.store.select(Ball, {"due_at": Between(high=high)}, by=("due_at",))
        assert [ball.due_at for ball in found] == [float(due) for due in range(count)]


def test_a_row_that_was_ruled_out_takes_none_of_a_later_unit_of_work_with_it(
    ctx: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with ctx.backend.transaction():
        first = ctx.create(Box, sid="BX1", colour="red")
        ctx.create(Box, sid="BX1", colour="blue")
    with ctx.backend.transaction():
        later = ctx.create(Box, colour="green")
        ctx.store.save(later, colour="white")
        assert ctx.store.select(Box, after=0) == [first, later]
        last = ctx.create(Box, colour="black")
    assert ctx.store.select(Box) == [first, later, last]
    assert "left out" in caplog.text


def test_a_unit_of_work_that_has_no_room_for_the_rows_before_it_leaves_no_trace(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def run_out_of_room() -> None:
        with ctx.backend.transaction():
            ctx.create(Box, colour="blue")
            full.setattr(ctx.store, "_execute", no_room)

    ctx.store.most_waiting = 1
    with ctx.backend.transaction():
        first = ctx.create(Box, colour="red")
    with monkeypatch.context() as full, pytest.raises(sqlite3.OperationalError):
        run_out_of_room()
    assert ctx.store.select(Box) == [first]
    assert ctx.store.select(Box, after=0) == [first]
