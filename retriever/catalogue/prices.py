"""Prices as shops write them: ``12.5``, ``"US$ 12.50"``, ``"12,50 €"``, ``{"amount": 12.5, ...}``."""

import math
import re
from collections.abc import Mapping

from retriever.catalogue.values import Cell, as_number, as_text
from retriever.product import NO_CURRENCY, Price, field_name

CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
    "GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD "
    "KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV "
    "WST XAF XCD XOF XPF YER ZAR ZMW ZWG".split()
)
"""Active ISO 4217 codes."""

# Signs of several currencies list all of them; the first is meant where nothing else says.
_SIGNS: dict[str, tuple[str, ...]] = {
    "us$": ("USD",),
    "c$": ("CAD",),
    "ca$": ("CAD",),
    "a$": ("AUD",),
    "au$": ("AUD",),
    "nz$": ("NZD",),
    "hk$": ("HKD",),
    "s$": ("SGD",),
    "r$": ("BRL",),
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "CLP", "COP", "ARS", "TWD"),
    "€": ("EUR",),
    "£": ("GBP", "EGP"),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
    "rs": ("INR", "PKR", "LKR", "NPR"),
    "rs.": ("INR", "PKR", "LKR", "NPR"),
    "₩": ("KRW",),
    "₺": ("TRY",),
    "₽": ("RUB",),
    "₴": ("UAH",),
    "₫": ("VND",),
    "₪": ("ILS",),
    "zł": ("PLN",),
    "kč": ("CZK",),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK", "SEK", "NOK", "ISK"),
}
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_PRICE = re.compile(
    r"(?P<before>[^\d+.,-]*(?:(?<=[^\d\s])\.)?)\s*(?P<amount>\d[\d.,' ]*)(?P<after>.*)"
)


def parse_price(cell: Cell, currency: str | None) -> Price:
    """Parse a price that is not missing.

    ``currency`` is what the catalogue says beside the cell (a currency column, the settings, or the
    price column's name); a code or sign in the cell itself must agree with it. A price without any
    currency gets `NO_CURRENCY`. Raises `ValueError`, whose text says what is wrong with the price.
    """
    if isinstance(cell, Mapping):
        amount = cell.get("amount", cell.get("value"))
        own = as_text(cell.get("currency", cell.get("currency_code"))) or None
        return parse_price(amount, known_currency(own) if own else currency)
    if (number := as_number(cell)) is not None:
        if number < 0:
            raise ValueError("is negative")
        return Price(amount=number, currency=currency or NO_CURRENCY)
    text = as_text(cell).replace("\u00a0", " ").replace("\u202f", " ")
    match = _PRICE.fullmatch(text)
    if match is None:
        raise ValueError("is not an amount of money")
    marks = [mark for name in ("before", "after") if (mark := match[name].strip())]
    if marks:
        currency = _marked_currency(marks, currency)
    has_mils = currency in _THREE_DECIMALS
    amount = _amount(match["amount"].strip(), marked=bool(marks), has_mils=has_mils)
    return Price(amount=amount, currency=currency or NO_CURRENCY)


def known_currency(code: str) -> str:
    """The ISO 4217 code in upper case. Raises `ValueError` for anything else."""
    if code.strip().upper() not in CURRENCIES:
        raise ValueError(f"has an unknown currency {code.strip()!r}")
    return code.strip().upper()


def currency_in_name(column: str) -> str | None:
    """The currency that a price column's name ends with: ``"price_usd"`` -> ``"USD"``."""
    last = field_name(column).rpartition("_")[2].upper()
    return last if last in CURRENCIES else None


def _marked_currency(marks: list[str], currency: str | None) -> str:
    """The currency that all marks of a cell ("$", "USD") and the catalogue agree on."""
    meant = [_SIGNS.get(mark.lower()) or (known_currency(mark),) for mark in marks]
    common = [code for code in meant[0] if all(code in codes for codes in meant)]
    if not common:
        raise ValueError(f"says {' and '.join(codes[0] for codes in meant)}")
    if currency is None:
        return common[0]
    if currency not in common:
        raise ValueError(f"says {common[0]}, but the catalogue says {currency}")
    return currency


def _amount(digits: str, *, marked: bool, has_mils: bool) -> float:
    """``"1,299.00"``, ``"1.299,00"``, ``"1'299"``, ``"12,50"`` -> float. Raises `ValueError`.

    ``has_mils``: the currency has three decimals, so that a lone group of three may be either.
    """
    plain = digits
    marks = [mark for mark in plain if mark in ".,"]
    decimal = marks[-1] if marks and marks.count(marks[-1]) == 1 else None
    whole, _, last_group = plain.rpartition(decimal) if decimal else (plain, "", "")
    if decimal and len(set(marks)) == 1 and len(last_group) == 3 and not set(whole) & set("' "):
        # "1,299" is thousands the world over; "1.299 €" may be either, and guessing costs 1000 x.
        if (decimal == "." and marked) or has_mils:
            raise ValueError("is ambiguous: write 1299.00 or 1.30")
        decimal = None if decimal == "," else decimal
    whole, _, cents = plain.rpartition(decimal) if decimal else (plain, "", "")
    groups = re.split(r"[.,' ]", whole)
    grouped = len(groups) > 1
    if (
        not groups[0]
        or any(len(group) != 3 for group in groups[1:])
        # "0,999" is no number of thousands, and "1234,567" has no such group in front.
        or (grouped and (len(groups[0]) > 3 or groups[0].startswith("0")))
        or (not cents.isdigit() and cents)
    ):
        raise ValueError("is not an amount of money")
    amount = float("".join(groups) + "." + (cents or "0"))
    if not math.isfinite(amount):
        raise ValueError("is not an amount of money")
    return amount
