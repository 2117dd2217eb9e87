"""Half-open ranges of days and instants, and the calendar they are counted in."""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

MONTHS_OF = {"month": 1, "quarter": 3, "half": 6, "year": 12, "decade": 120}
SECONDS_OF = {"minute": 60, "hour": 3600}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Calendar:
    """How time is counted here.

    `zone` is an IANA name, "" the machine's own. `week_start` is 0 for Monday to 6 for Sunday. `fiscal_start` is the
    month in which the fiscal year begins; a fiscal year that does not begin in January is named for the year in which
    it ends.
    """

    zone: str = ""
    week_start: int = 0
    fiscal_start: int = 1

    def now(self, today: date | None = None) -> datetime:
        """This moment in the zone, or the noon of the day that is to be today."""
        if today is not None:
            return self.instant(today) + timedelta(hours=12)
        return self.at(datetime.now().astimezone())

    def of_today(self, now: datetime) -> str:
        """The date and its weekday, and the zone where one is set."""
        return f"{now:%Y-%m-%d} ({WEEKDAYS[now.weekday()]}){f', {self.zone}' if self.zone else ''}"

    def at(self, moment: datetime) -> datetime:
        """A moment as the clocks of the zone show it."""
        return moment.astimezone(self._zone)

    def instant(self, bound: date) -> datetime:
        """When the day begins in the zone; a moment is itself."""
        if isinstance(bound, datetime):
            return self.at(bound)
        # Where clocks go forward at midnight that time does not exist; through UTC it becomes the first that does.
        zone = self._zone
        if zone is None:
            return datetime.combine(bound, time()).astimezone()
        begins = datetime.combine(bound, time(), zone)
        there = begins.astimezone(ZoneInfo("UTC")).astimezone(zone)
        return there if there.replace(tzinfo=None) >= begins.replace(tzinfo=None) else begins

    @property
    def _zone(self) -> tzinfo | None:
        return ZoneInfo(self.zone) if self.zone else None


@dataclass(frozen=True)
class TimeRange:
    """From `first` up to but not including `next`; None leaves that side open.

    Bounds are days, or moments with their offset (datetime) where the question speaks of hours or minutes. `said` is
    how the question put it. `assumption` is what was decided where the words leave it open, "" where they do not.
    `yearless` says that the words name no year.
    """

    first: date | None
    next: date | None
    assumption: str = ""
    said: str = ""
    yearless: bool = False

    def __str__(self) -> str:
        return " and ".join(
            f"{sign} {_written(bound)}" for sign, bound in ((">=", self.first), ("<", self.next)) if bound is not None
        )

    def told(self, calendar: Calendar) -> str:
        """As the model reads it: what was said, the bounds, in a zone that is set also as instants, the assumption."""
        line = f'"{self.said}" is {self}'
        days = not isinstance(self.first or self.next, datetime)
        if calendar.zone and days:
            first, end = (bound and calendar.instant(bound) for bound in (self.first, self.next))
            line += f"; as instants {TimeRange(first, end)}"
        return f"{line} ({self.assumption})" if self.assumption else line

    def as_json(self) -> dict[str, Any]:
        """`said`, `first` and `next` in ISO 8601 (null where open), `assumption`."""
        return {
            "said": self.said,
            "first": self.first and self.first.isoformat(),
            "next": self.next and self.next.isoformat(),
            "assumption": self.assumption,
        }

    def assuming(self, *assumptions: str) -> TimeRange:
        """The same, with these assumptions as well."""
        told = [self.assumption, *assumptions]
        return replace(self, assumption="; ".join(dict.fromkeys(each for each in told if each)))

    def by_years(self, years: int) -> TimeRange:
        """The same days so many years later."""
        first = self.first and moved(self.first, "year", years)
        end = self.next and moved(self.next - timedelta(days=1), "year", years) + timedelta(days=1)
        if self.first and self.next and is_first("month", self.first) and is_first("month", self.next):
            end = moved(self.next, "year", years)  # February keeps its end
        return replace(self, first=first, next=end)


def _written(bound: date) -> str:
    return bound.isoformat(" ", "seconds") if isinstance(bound, datetime) else bound.isoformat()


@dataclass(frozen=True)
class Clock:
    """The moment at which a question is asked, and the calendar; makes the ranges that words name."""

    now: datetime
    calendar: Calendar

    @property
    def today(self) -> date:
        """The day it is in the calendar's zone."""
        return self.calendar.at(self.now).date()

    def first_of(self, unit: str, day: date) -> date:
        """The first day of the unit that holds the day; "fiscal year" and the like count from the fiscal start."""
        if unit == "week":
            return day - timedelta(days=(day.weekday() - self.calendar.week_start) % 7)
        if unit == "weekend":
            return day + timedelta(days=5 - day.weekday())
        if unit == "decade":
            return date(day.year // 10 * 10, 1, 1)
        offset = self.calendar.fiscal_start - 1 if unit.startswith("fiscal ") else 0
        months = MONTHS_OF.get(unit.removeprefix("fiscal "))
        if months is None:
            return day
        index = day.year * 12 + day.month - 1 - offset
        return _month(index // months * months + offset)

    def unit(self, unit: str, day: date, shift: int = 0) -> TimeRange:
        """The unit that holds the day, or one so many units later."""
        plain = unit.removeprefix("fiscal ")
        if unit in SECONDS_OF:
            return self.trailing(1, unit) if shift < 0 else self.leading(1, unit)
        start = moved(self.first_of(unit, day), "week" if unit == "weekend" else plain, shift)
        end = start + timedelta(days=2) if unit == "weekend" else moved(start, plain, 1)
        return TimeRange(start, end, self.assumption_of(unit))

    def assumption_of(self, unit: str) -> str:
        """What is taken for granted when such a unit is meant."""
        if unit == "weekend":
            return "Saturday and Sunday"
        if unit == "week":
            return f"weeks begin on {WEEKDAYS[self.calendar.week_start]}"
        if unit.startswith("fiscal "):
            month = gregorian.month_name[self.calendar.fiscal_start]
            return f"fiscal years begin in {month}" + (
                "" if month == "January" else " and are named for the year they end in"
            )
        return ""

    def trailing(self, count: int, unit: str) -> TimeRange:
        """The last so many units up to now; days and longer ones include today."""
        if unit in SECONDS_OF:
            return TimeRange(self._later(-count * SECONDS_OF[unit]), self.calendar.at(self.now), "up to this moment")
        end = self.today + timedelta(days=1)
        return TimeRange(moved(end, unit, -count), end, "up to and including today")

    def leading(self, count: int, unit: str) -> TimeRange:
        """The next so many units; days and longer ones begin tomorrow."""
        if unit in SECONDS_OF:
            return TimeRange(self.calendar.at(self.now), self._later(count * SECONDS_OF[unit]), "from this moment")
        start = self.today + timedelta(days=1)
        return TimeRange(start, moved(start, unit, count), "beginning tomorrow")

    def whole(self, count: int, unit: str) -> TimeRange:
        """The so many whole units before the one that is running."""
        if unit in SECONDS_OF:
            return self.trailing(count, unit)
        end = self.first_of(unit, self.today)
        return TimeRange(
            moved(end, unit.removeprefix("fiscal "), -count), end, f"whole {unit}s, before the current one"
        ).assuming(self.assumption_of(unit))

    def ago(self, count: int, unit: str) -> TimeRange:
        """The day, or the calendar's unit, so many of them before today's."""
        if unit in SECONDS_OF:
            moment = self._later(-count * SECONDS_OF[unit])
            start = moment.replace(second=0, microsecond=0, minute=0 if unit == "hour" else moment.minute)
            return TimeRange(start, start + timedelta(seconds=SECONDS_OF[unit]), f"the whole {unit}")
        given = self.unit(unit, self.today, -count)
        return given if unit == "day" else given.assuming(f"the whole {unit}")

    def to_date(self, unit: str) -> TimeRange:
        """From the beginning of the running unit to today, which is included."""
        start = self.first_of(unit, self.today)
        return TimeRange(start, self.today + timedelta(days=1), "up to and including today").assuming(
            self.assumption_of(unit)
        )

    def weekday(self, day: int, week: int | None = None) -> TimeRange:
        """A day of this week or one so many weeks later; without a week the latest, today included."""
        if week is None:
            latest = self.today - timedelta(days=(self.today.weekday() - day) % 7)
            return self.unit("day", latest).assuming(f"the latest {WEEKDAYS[day]}")
        start = moved(self.first_of("week", self.today), "week", week)
        return self.unit("day", start + timedelta(days=(day - start.weekday()) % 7)).assuming(
            self.assumption_of("week")
        )

    def latest(self, given: Callable[[int], TimeRange]) -> TimeRange:
        """What has no year is the latest that has begun; `given` makes it for a year."""
        for year in range(self.today.year + 1, self.today.year - 9, -1):  # 29 February may be eight years back
            try:
                made = given(year)
            except ValueError:
                continue
            if made.first and made.first <= self.today:
                return replace(made.assuming("no year is named: the latest that has begun"), yearless=True)
        raise ValueError("There is no such day.")

    def _later(self, seconds: int) -> datetime:
        return self.calendar.at(datetime.fromtimestamp(self.now.timestamp() + seconds, self.now.tzinfo))


def is_first(unit: str, day: date) -> bool:
    """Whether the day begins a month or a year."""
    return day.day == 1 and (unit == "month" or day.month == 1)


def moved(day: date, unit: str, count: int) -> date:
    """The day so many units later, earlier when negative; the 31st falls back to a shorter month's last."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    start = _month(day.year * 12 + day.month - 1 + count * MONTHS_OF[unit])
    return start.replace(day=min(day.day, gregorian.monthrange(start.year, start.month)[1]))


def _month(index: int) -> date:
    year, month = divmod(index, 12)
    return date(year, month + 1, 1)
