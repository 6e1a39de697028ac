"""Invented customers with Australian addresses. Nobody here exists; every e-mail is at example.com."""

import random
from typing import Final

from sandbox.bigcommerce.specs import blank_address

_FIRST: Final = (
    "Amelia",
    "Arjun",
    "Bea",
    "Callum",
    "Chiara",
    "Cooper",
    "Daisy",
    "Dimitri",
    "Edie",
    "Farah",
    "Finn",
    "Grace",
    "Harriet",
    "Hamish",
    "Imogen",
    "Isla",
    "Jarrah",
    "Jun",
    "Kieran",
    "Lachlan",
    "Leila",
    "Mai",
    "Mack",
    "Matilda",
    "Nina",
    "Noah",
    "Olive",
    "Otis",
    "Priya",
    "Quinn",
    "Rafferty",
    "Rosa",
    "Ruby",
    "Sanjay",
    "Saskia",
    "Tane",
    "Tilly",
    "Uma",
    "Vikram",
    "Willow",
    "Xanthe",
    "Yusuf",
    "Zara",
)
_LAST: Final = (
    "Abbott",
    "Banerjee",
    "Calloway",
    "Dunstan",
    "Everingham",
    "Farrugia",
    "Gallagher",
    "Halloran",
    "Iverson",
    "Jellicoe",
    "Kaplan",
    "Larkin",
    "Mahoney",
    "Nakamura",
    "O'Dowd",
    "Pappas",
    "Quayle",
    "Ristevski",
    "Sandilands",
    "Thistlewood",
    "Ueda",
    "Vandenberg",
    "Whitlock",
    "Xenos",
    "Yardley",
    "Zammit",
    "Ashgrove",
    "Bellweather",
    "Coorong",
    "Dellacqua",
    "Fairweather",
    "Greenhalgh",
    "Hawthorne",
    "Ingleside",
    "Kowalczyk",
    "Loxley",
    "Merriweather",
)
_STREETS: Final = (
    "Banksia Street",
    "Ferry Road",
    "Golden Wattle Drive",
    "High Street",
    "Ironbark Lane",
    "Jetty Road",
    "Kookaburra Crescent",
    "Lilly Pilly Avenue",
    "Mill Lane",
    "Orchard Road",
    "Pandanus Parade",
    "Quarry Street",
    "Station Street",
    "Tramway Terrace",
    "Waratah Close",
)
_TOWNS: Final = (
    ("Newtown", "New South Wales", "NSW", "2042"),
    ("Thirroul", "New South Wales", "NSW", "2515"),
    ("Orange", "New South Wales", "NSW", "2800"),
    ("Brunswick", "Victoria", "VIC", "3056"),
    ("Castlemaine", "Victoria", "VIC", "3450"),
    ("Torquay", "Victoria", "VIC", "3228"),
    ("Paddington", "Queensland", "QLD", "4064"),
    ("Noosa Heads", "Queensland", "QLD", "4567"),
    ("Glenelg", "South Australia", "SA", "5045"),
    ("Fremantle", "Western Australia", "WA", "6160"),
    ("Battery Point", "Tasmania", "TAS", "7004"),
    ("Braddon", "Australian Capital Territory", "ACT", "2612"),
    ("Nightcliff", "Northern Territory", "NT", "0810"),
)
_COMPANIES: Final = (
    "Banksia Bookkeeping Pty Ltd",
    "Tramway Design Co",
    "Quarry Lane Dental",
    "Ironbark Joinery Pty Ltd",
    "Jetty Road Physio",
)
OVERSEAS: Final = {
    "NZD": ("Ponsonby", "Auckland", "1011", "New Zealand", "NZ"),
    "USD": ("Portland", "Oregon", "97205", "United States", "US"),
    "GBP": ("Bristol", "England", "BS1 4DJ", "United Kingdom", "GB"),
}


def customer(store_seed: int, number: int) -> dict[str, str]:
    """Customer `number` of a shop: always the same person at the same address."""
    draw = random.Random(f"customer {store_seed} {number}")
    first, last = draw.choice(_FIRST), draw.choice(_LAST)
    plain_last = "".join(letter for letter in last.lower() if letter.isalpha())
    return person(draw, first, last) | {"email": f"{first.lower()}.{plain_last}{number}@example.com"}


def person(draw: random.Random, first: str = "", last: str = "") -> dict[str, str]:
    """Somebody at an address in Australia, without an e-mail."""
    town, state, short, postcode = draw.choice(_TOWNS)
    unit = f"Unit {draw.randint(1, 24)}" if draw.random() < 0.15 else ""
    return blank_address(
        first_name=first or draw.choice(_FIRST),
        last_name=last or draw.choice(_LAST),
        company=draw.choice(_COMPANIES) if draw.random() < 0.08 else "",
        street_1=f"{draw.randint(1, 240)} {draw.choice(_STREETS)}",
        street_2=unit,
        city=town,
        state=state if draw.random() < 0.8 else short,
        zip=postcode,
        country="Australia",
        country_iso2="AU",
        phone=f"0491 570 {draw.randint(0, 999):03d}" if draw.random() < 0.75 else "",
    )


def moved_overseas(address: dict[str, str], currency: str) -> dict[str, str]:
    """The same person in the country of a currency."""
    city, state, postcode, country, code = OVERSEAS[currency]
    return address | {"city": city, "state": state, "zip": postcode, "country": country, "country_iso2": code}
