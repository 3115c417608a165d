"""What people say they have done, and what a job's title asks for: the same few trades, in many words.

The rule: a word is read by the table below, in either language and with a slip of the fingers in it; two
texts are near when they name the same word, the same trade, or trades that lead into one another. Nobody is
refused for what they have not done.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from re import findall
from typing import Final
from unicodedata import normalize

from rapidfuzz import fuzz, process

TRADES: Final[Mapping[str, str]] = {
    "kitchen": "kitchen cook cooking chef prep dishwasher steward restaurant food line grill cafe culinary "
    "cocina cocinero cocinera lavaplatos restaurante comida",
    "bakery": "baker bakery baking bread pastry panadero panaderia",
    "cleaning": "cleaning cleaner clean janitor custodian housekeeping housekeeper attendant room maid "
    "porter janitorial limpieza limpiar limpiador conserje recamarera camarera",
    "laundry": "laundry linen washing lavanderia",
    "warehouse": "warehouse stock stocker stocking shipping receiving picker packer packing pick pack loader "
    "loading freight material order fulfillment fulfilment bodega almacen cargador empacador",
    "forklift": "forklift lift reach montacargas",
    "moving": "mover moving movers furniture mudanza mudanzas",
    "building": "building construction laborer labor painter painting roofer roofing drywall carpenter "
    "framing concrete demolition flooring construccion obra pintor techos albanil carpintero",
    "repair": "repair maintenance handyman plumber electrician hvac mantenimiento plomero electricista",
    "mechanic": "mechanic auto tire automotive oil brakes technician mecanico llantas",
    "metal": "welder welding fabrication fabricator machinist metal cnc soldador soldadura",
    "assembly": "assembler assembly production factory manufacturing operator machine line sorter recycling "
    "fabrica produccion operador ensamblador maquina reciclaje",
    "sewing": "sewing seamstress tailor textile costura costurera",
    "driving": "driver driving delivery courier truck cdl route chauffeur chofer conductor reparto entregas",
    "outdoor": "landscape landscaping landscaper gardener gardening grounds groundskeeper lawn tree jardin "
    "jardinero jardineria",
    "farm": "farm farmer animals ranch harvest kennel granja campo animales",
    "retail": "retail cashier clerk store sales produce grocery barista counter tienda cajero cajera ventas",
    "service": "waiter waitress server host barback bartender catering mesero mesera",
    "office": "office receptionist data entry clerical administrative assistant call center agent customer "
    "computer typing oficina recepcionista computadora",
    "care": "care aide caregiver nursing nurse home health elderly kids child patient cuidado cuidar "
    "enfermera ancianos ninos",
    "helping": "peer counselling counseling counselor support mentor coach outreach consejero apoyo",
    "hair": "barber hair stylist salon barbero peluquero peluqueria",
    "security": "security guard watchman seguridad guardia",
}  # fmt: skip
LEADS_TO: Final[Mapping[str, tuple[str, ...]]] = {
    "kitchen": ("bakery", "service"),
    "bakery": ("kitchen",),
    "cleaning": ("laundry",),
    "laundry": ("cleaning", "assembly"),
    "warehouse": ("forklift", "moving", "assembly", "retail"),
    "forklift": ("warehouse",),
    "moving": ("warehouse", "building"),
    "building": ("repair", "outdoor", "moving"),
    "repair": ("building", "mechanic"),
    "mechanic": ("metal", "repair", "assembly"),
    "metal": ("assembly", "mechanic"),
    "assembly": ("warehouse", "metal", "laundry"),
    "sewing": ("assembly", "laundry"),
    "driving": ("moving",),
    "outdoor": ("farm", "building"),
    "farm": ("outdoor",),
    "retail": ("service", "warehouse", "office"),
    "service": ("retail", "kitchen"),
    "office": ("retail",),
    "care": ("helping",),
    "helping": ("care",),
}
ANYTHING: Final = frozenset({"any", "anything", "whatever", "all", "cualquiera", "cualquier", "todo"})
_TRADE_OF: Final[Mapping[str, frozenset[str]]] = {
    word: frozenset(trade for trade, words in TRADES.items() if word in words.split())
    for words in TRADES.values()
    for word in words.split()
}
_WORDS: Final = tuple(_TRADE_OF)
SLIP: Final = 84
"""How like a known word a word must be, of 100, to be taken for it mistyped."""
LONG: Final = 5  # letters; shorter words mistyped are other words


@dataclass(frozen=True, slots=True)
class Said:
    """What a text names: known words as they are spelled right, and their trades."""

    words: frozenset[str]
    trades: frozenset[str]
    anything: bool = False


@lru_cache(maxsize=4096)
def read(text: str) -> Said:
    """Read the trades off what somebody wrote, or off a job's title."""
    found = frozenset(_known(text))
    trades = frozenset(trade for word in found for trade in _TRADE_OF[word])
    return Said(found, trades, bool(ANYTHING & set(_tokens(text))))


def likeness(person: Said | None, title: Said) -> float:
    """Say how near a job is to what somebody has done, 0 to 1: the same word, the same trade, one that leads
    into it. 0.5 where they told us nothing, or anything will do.
    """
    if person is None or not (person.trades or person.anything):
        return 0.5
    if person.words & title.words:
        return 1.0
    if person.trades & title.trades:
        return 0.85
    if any(to in title.trades for trade in person.trades for to in LEADS_TO.get(trade, ())):
        return 0.5
    return 0.45 if person.anything else 0.15


def _known(text: str) -> Iterator[str]:
    for token in _tokens(text):
        if token in _TRADE_OF:
            yield token
        elif token.removesuffix("s") in _TRADE_OF:
            yield token.removesuffix("s")
        elif len(token) >= LONG:
            near = process.extractOne(token, _WORDS, scorer=fuzz.ratio, score_cutoff=SLIP)
            if near is not None:
                yield near[0]


def _tokens(text: str) -> list[str]:
    plain = normalize("NFD", text.lower()).encode("ascii", "ignore").decode()
    return findall(r"[a-z]+", plain)
