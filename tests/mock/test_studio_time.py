"""Dates in templates: the mock's clock, the zone that is set, and no other machine's habits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studio_lab import Lab, if_, send, to, widget
from support import examples

from helpers.flows.accounts.copying import Origin, account_of, copy_of
from helpers.mock.studio.liquid_dates import formatted

MONDAY = datetime(2026, 1, 5, 18, 30, 5, tzinfo=UTC)
PST = timezone(timedelta(hours=-8), "PST")


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    made.mock.clock.freeze(MONDAY)
    yield made
    made.close()


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/St_Johns"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine in some zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("{{ 'now' | date: '%Y-%m-%d %H:%M:%S %Z' }}", "2026-01-05 10:30:05 PST"),
        ("{{ 'TODAY' | date: '%A, %-d. %B' }}", "Monday, 5. January"),
        ("{{ now | date: '%l:%M %p' }}", "10:30 AM"),
        ("{{ today | date: '%F' }}", "2026-01-05"),
        ("{{ 'now' | date: '%s' | plus: 3600 | date: '%R' }}", "11:30"),
        ("{{ '1767637805' | date: '%R %z' }}", "10:30 -0800"),
        ("{{ '14:05' | date: '%F %R %Z' }}", "2026-01-05 14:05 PST"),
        ("{{ '1 July' | date: '%Y %Z' }}", "2026 PDT"),
        ("{{ '2026-07-01T12:00:00Z' | date: '%R %:z' }}", "12:00 +00:00"),
        ("{{ '12:00 JST' | date: '%R %Z' }}", "12:00 PST"),
        ("{{ '12:00 EST' | date: '%R %z' }}", "12:00 -0500"),
        ("{{ 'soon' | date: '%R' }}", "soon"),
        ("{{ nothing | date: '%R' }}.", "."),
        ("{{ 'now' | date: '' }}", "now"),
    ],
)
def test_a_date_is_the_same_on_a_machine_of_any_zone(
    lab: Lab, template: str, rendered: str
) -> None:
    assert lab.heard(send("say", template)) == [rendered]


def test_templates_follow_the_clock_as_it_is_advanced(lab: Lab) -> None:
    template = "{{ 'now' | date: '%a %H:%M' }}"
    assert lab.heard(send("say", template)) == ["Mon 10:30"]
    lab.mock.clock.advance(14 * 3600)
    assert lab.heard(send("say", template)) == ["Tue 00:30"]


def test_an_office_hours_bot_says_one_thing_by_day_and_another_by_night(lab: Lab) -> None:
    subject = "{{ 'now' | date: '%H:%M' }}"
    is_day = if_(subject, "is_after_time", "09:00"), if_(subject, "is_before_time", "17:00")
    ways = to("noMatch", "no"), to("match", "yes", *is_day)
    office = (
        widget("office", "split-based-on", *ways, input=subject),
        send("yes", "We are open"),
        send("no", "We are closed"),
    )
    lab.studio.time_zone = "Europe/Berlin"
    heard = []
    for hour in (9, 21):  # 10:00 and 22:00 in Berlin
        lab.mock.clock.freeze(datetime(2026, 1, 5, hour, tzinfo=UTC))
        heard += lab.heard(*office)
    assert heard == ["We are open", "We are closed"]


def test_the_zone_of_dates_can_be_chosen_and_goes_with_every_copy(lab: Lab) -> None:
    assert lab.studio.time_zone == "America/Los_Angeles"
    lab.studio.time_zone = "Europe/Berlin"
    assert lab.heard(send("say", "{{ 'now' | date: '%R %Z' }}")) == ["19:30 CET"]
    copies = [lab.mock.copy(), Origin.of(lab.mock).copy(), copy_of(account_of(lab.mock), [])[0]]
    assert {each.studio.time_zone for each in copies} == {"Europe/Berlin"}
    for each in copies:
        each.close()


@pytest.mark.parametrize("name", ["Pacific", "", "../etc/passwd", "/etc/localtime", "a\0b"])
def test_a_zone_that_does_not_exist_is_refused_and_changes_nothing(lab: Lab, name: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        lab.studio.time_zone = name
    assert lab.studio.time_zone == "America/Los_Angeles"


LIKE_C = "aAbBdHIjmMpSUwWyYGVuhDFRTe%"
"""Directives that Ruby and C's `strftime` have in common."""


@pytest.mark.parametrize("letter", LIKE_C)
def test_a_directive_is_right_on_each_day_of_a_week_and_around_new_year(letter: str) -> None:
    first = datetime(2026, 12, 25, 23, 5, 9, tzinfo=PST)
    for day in (first + timedelta(days=number, hours=number) for number in range(14)):
        assert formatted(day, f"%{letter}", day) == day.strftime(f"%{letter}")


@settings(max_examples=examples(200))
@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1)),
    st.text(st.sampled_from("-: x"), max_size=3),
    st.sampled_from(LIKE_C),
)
def test_a_directive_writes_what_strftime_writes(moment: datetime, text: str, letter: str) -> None:
    own = moment.replace(tzinfo=PST)
    form = f"{text}%{letter}{text}"
    assert formatted(own, form, own) == own.strftime(form)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%-m/%-d/%y", "1/5/26"),
        ("%^a %^B", "MON JANUARY"),
        ("%_H|%k|%l|%P", "10|10|10|am"),
        ("%L %s", "000 1767637805"),
        ("%c", "Mon Jan  5 10:30:05 2026"),
        ("%x %X %r", "01/05/26 10:30:05 10:30:05 AM"),
        ("%E %Q", "%E %Q"),
        ("%05d", "00005"),
    ],
)
def test_a_directive_has_rubys_flags(form: str, written: str) -> None:
    now = MONDAY.astimezone(PST)
    assert formatted("now", form, now) == written


def test_a_fraction_of_a_second_has_as_many_digits_as_asked_for() -> None:
    now = MONDAY.replace(microsecond=98_765)
    assert formatted("now", "%L %3N %6N %N %12N", now) == "098 098 098765 098765000 098765000000"
