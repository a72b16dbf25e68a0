"""The days that the law counts for a withdrawal: days in Paris, from midnight to midnight (french-rules §4)."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import ceil
from typing import Literal

WITHDRAWAL = timedelta(days=14)
SENDING_BACK = timedelta(days=14)
REFUND = timedelta(days=14)
# Month and day of the holidays that never move (code du travail, L3133-1).
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
# Easter Monday, Ascension, Whit Monday.
AFTER_EASTER = (1, 39, 50)
SATURDAY = 5
# Up to so many days late, the sum due grows by so many percent (L242-4); up to ten days, by the legal rate of interest.
LEGAL_RATE_DAYS = 10
SURCHARGES = ((20, 5), (30, 10), (60, 20), (90, 50))
MONTH_DAYS, MONTH_POINTS = 30, 5
WHOLE = 100


@dataclass(frozen=True)
class Surcharge:
    """What a late refund adds to the sum due, by law: a rate nobody sets here, or a share of it, in percent and cents.

    `whole_price`: it has grown by all of the price, and goes on at the legal rate.
    """

    days_late: int
    kind: Literal["none", "legal_rate", "percent", "whole_price"]
    percent: int = 0
    amount_cents: int = 0


def compute_easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar. Source: the method that Meeus gives (art of the almanac, 1876)."""
    golden, (century, within) = year % 19, divmod(year, 100)
    leap_centuries, rest = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon + 15) % 30
    leaps, odd = divmod(within, 4)
    sunday = (32 + 2 * rest + 2 * leaps - epact - odd) % 7
    shift = (golden + 11 * epact + 22 * sunday) // 451
    month, day = divmod(epact + sunday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@cache
def compute_holidays(year: int) -> frozenset[date]:
    """The public holidays of all of France, no local ones (Alsace). Source: code du travail, art. L3133-1."""
    easter = compute_easter(year)
    moving = {easter + timedelta(days=days) for days in AFTER_EASTER}
    return frozenset(moving | {date(year, month, day) for month, day in FIXED_HOLIDAYS})


def compute_working_day(day: date) -> date:
    """This day, or the first after it that is no Saturday, Sunday or public holiday. Source: art. L221-19."""
    while day.weekday() >= SATURDAY or day in compute_holidays(day.year):
        day += timedelta(days=1)
    return day


def compute_withdrawal_end(received_on: date, informed_on: date | None) -> date:
    """The last day of a withdrawal: fourteen days, that of the reception not counted, to the end of a working day.

    Who was told of the right later has fourteen days from then; who never was, twelve months more (None).
    Source: french-rules §2.5, art. L221-18 to L221-20.
    """
    end = compute_working_day(received_on + WITHDRAWAL)
    if informed_on is not None and informed_on <= received_on:
        return end
    longest = compute_working_day(_a_year_later(end))
    return longest if informed_on is None else min(longest, compute_working_day(informed_on + WITHDRAWAL))


def compute_sending_end(declared_on: date) -> date:
    """The last day to send goods back: fourteen days after the decision, to the end of a working day.

    Source: french-rules §2.5, art. L221-23; the working day is our reading, in the customer's favour.
    """
    return compute_working_day(declared_on + SENDING_BACK)


def compute_refund_due(declared_on: date, unlocked_on: date) -> date:
    """The last day to refund a withdrawal: fourteen days after it was declared, whatever day of the week that is.

    It may be held back until the goods or the proof of their dispatch are here, since `unlocked_on`.
    Source: french-rules §0, art. L221-24.
    """
    return max(declared_on + REFUND, unlocked_on)


def compute_surcharge(amount_cents: int, days_late: int) -> Surcharge:
    """What the sum due has grown by after so many days: the legal rate, 5, 10, 20, 50 %, then 5 points a month begun.

    Source: french-rules §2.5, art. L242-4. Never more than the sum itself, and the legal rate from then on.
    """
    if days_late <= 0:
        return Surcharge(0, "none")
    if days_late <= LEGAL_RATE_DAYS:
        return Surcharge(days_late, "legal_rate")
    last_day, most = SURCHARGES[-1]
    percent = next((share for days, share in SURCHARGES if days_late <= days), None)
    if percent is None:
        percent = min(WHOLE, most + MONTH_POINTS * ceil((days_late - last_day) / MONTH_DAYS))
    kind: Literal["percent", "whole_price"] = "whole_price" if percent == WHOLE else "percent"
    return Surcharge(days_late, kind, percent, (2 * amount_cents * percent + WHOLE) // (2 * WHOLE))


def _a_year_later(day: date) -> date:
    """A 29 February has no twin: the last day of the month then (regulation 1182/71, art. 3)."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, day=28 if is_leap_day else day.day)
