"""Moments, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, time

from umr_ld.errors import Malformed


def moment(text: str, where: str) -> datetime:
    """A date, meaning its end, or a date and time; without an offset in UTC (ISO 8601, RFC 3339).

    Args:
        text: what somebody wrote.
        where: the option or parameter that it was written for.

    Raises:
        Malformed: if it is neither.
    """
    try:
        read = datetime.fromisoformat(text)
        if "T" not in text.upper() and " " not in text:
            read = datetime.combine(read, time.max)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError:  # An offset leads out of the calendar, whose ends will do.
        return datetime.min.replace(tzinfo=UTC) if read.year == 1 else datetime.max.replace(tzinfo=UTC)
    except ValueError:
        raise Malformed(
            f"{text!r} is no date", where=where, remedy="write 2026-03-01 or 2026-03-01T12:00:00Z"
        ) from None


def comparable(text: str) -> str:
    """What a record says of when something was, as a text that comes later where the moment does.

    Written down, moments with offsets or fractions of a second do not sort as they follow each other. A year, a month or a
    date stands before all that is within; what is no moment stays as it is.

    Args:
        text: a year, a month, a date, or a date and time, without an offset in UTC (XML Schema 1.1 Part 2, §3.3.7).
    """
    if "T" not in text:
        return text
    try:
        read = datetime.fromisoformat(text)
        utc = read if read.tzinfo is None else read.astimezone(UTC).replace(tzinfo=None)
        return utc.isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return text
