"""Days, weeks and months as a store counts them: in its time zone, from its first day of the week."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lrs.models import DAYS
from lrs.rules.formats import EPOCH

WEEK, MONTH, QUARTER = "week", "month", "quarter"
DAY = timedelta(days=1)


def date_of(moment: int, zone: str) -> date:
    """The date of a moment in microseconds."""
    utc: datetime = EPOCH + timedelta(microseconds=moment)
    try:
        return utc.astimezone(ZoneInfo(zone)).date()
    except OverflowError:  # on the first or the last day of all years
        return utc.date()


def beginning(day: date, zone: str) -> int:
    """The first moment of a day."""
    return (datetime.combine(day, time(), ZoneInfo(zone)) - EPOCH) // timedelta.resolution


def end(day: date, zone: str) -> int:
    """The last moment of a day that has a tomorrow."""
    return beginning(day + DAY, zone) - 1


def week_of(day: date, first: str) -> date:
    """The first day of the week that a day is in."""
    return day - timedelta(days=(day.weekday() - DAYS.index(first)) % len(DAYS))


def period_of(day: date, period: str, first: str) -> tuple[date, date]:
    """The first and the last day of the week, month or quarter that a day is in."""
    if period == WEEK:
        begins = week_of(day, first)
        return begins, begins + timedelta(days=6)
    months = 1 if period == MONTH else 3
    month = (day.month - 1) // months * months
    after = month + months
    return date(day.year, month + 1, 1), date(day.year + after // 12, after % 12 + 1, 1) - DAY


def month_ends(moment: int, months: int, zone: str) -> list[int]:
    """The last moment of each of so many months before the one that a moment is in, the earliest first."""
    found = []
    try:
        first = date_of(moment, zone).replace(day=1)
        for _ in range(months):
            found.append(beginning(first, zone) - 1)
            first = (first - DAY).replace(day=1)
    except OverflowError:
        return []
    return found[::-1]
