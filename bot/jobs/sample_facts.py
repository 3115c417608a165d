"""What made-up jobs are drawn from: trades with their pay, towns, what streets and companies are called.

The rule: figures are near the truth of their year, so that a demo and a measurement look like a real town's
catalogue; nobody is advised by them. Names of companies and streets are made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WAGES_OF: Final = "May 2023"
"""Hourly medians below are the national ones that the Bureau of Labor Statistics' occupational survey gives
for this month, rounded to about a quarter dollar; `code` is the occupation's in its classification (SOC)."""

MINIMUM_OF: Final = 2024
"""The year of MINIMUM_CENTS."""

FEDERAL_MINIMUM_CENTS: Final = 725
MINIMUM_CENTS: Final[Mapping[str, int]] = {
    "AZ": 1435, "CA": 1600, "CO": 1442, "CT": 1569, "DC": 1700, "DE": 1325, "FL": 1300, "HI": 1400,
    "IL": 1400, "MA": 1500, "MD": 1500, "ME": 1415, "MI": 1033, "MN": 1085, "MO": 1230, "NE": 1200,
    "NJ": 1513, "NM": 1200, "NV": 1200, "NY": 1500, "OH": 1045, "OR": 1420, "RI": 1400, "VA": 1200,
    "VT": 1367, "WA": 1628,
}  # fmt: skip
"""Least pay by the hour where a state's law sets one of its own well above the federal one."""

PAY_LEVEL: Final[Mapping[str, float]] = {
    "CA": 1.14, "WA": 1.14, "MA": 1.13, "DC": 1.15, "NY": 1.10, "CT": 1.07, "NJ": 1.07, "CO": 1.08,
    "OR": 1.07, "MN": 1.05, "IL": 1.02, "PA": 0.98, "OH": 0.96, "GA": 0.95, "TX": 0.95, "FL": 0.94,
    "NC": 0.94, "TN": 0.93, "MO": 0.95, "MI": 0.97, "AZ": 1.0, "LA": 0.88, "AL": 0.87, "MS": 0.84,
}  # fmt: skip
"""About how pay in a state stands to the country's."""

TOWNS: Final = (
    "02119 19121 60624 30314 77020 85009 90011 21217 48205 63106 38109 43205 46218 53206 98118 80205 "
    "78207 33142 28208 94601"
).split()
"""ZIPs around which the jobs of a whole country are laid."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of work: its median pay in cents an hour, and how it is advertised."""

    code: str
    cents: int
    weight: int
    titles: tuple[str, ...]
    shifts: tuple[str, ...]
    days: tuple[str, ...]
    settings: str
    requirements: str
    says: str
    companies: tuple[str, ...]


_DAY, _TWO, _ALL = ("07:00-15:30",), ("06:00-14:30", "14:30-23:00"), (
    "06:00-14:30", "14:30-23:00", "22:00-06:30",
)  # fmt: skip
_SITE = ("06:30-15:00", "07:00-15:30")
_MEALS = ("06:00-14:00", "10:00-18:00", "15:00-23:00", "16:00-00:00")
_WEEK, _ANY = ("mon-fri",), ("mon-fri", "tue-sat", "sun-thu", "wed-sun", "fri-mon")
_HALLS = ("Logistics", "Distribution", "Freight", "Supply", "Storage")
_PLATES = ("Kitchen", "Diner", "Catering", "Grill", "Foods")
_PLANTS = ("Manufacturing", "Plastics", "Packaging", "Metalworks", "Millwork")
_CREWS = ("Builders", "Contracting", "Roofing", "Renovation", "Sitework")
_CARE = ("Facility Services", "Building Care", "Cleaning", "Property Services")
_ROADS = ("Transport", "Delivery", "Hauling", "Courier")
_SHOPS = ("Market", "Hardware", "Outlet", "Thrift", "Grocers")

TRADES: Final = (
    Trade("53-7065", 1750, 14, ("Order picker", "Night stocker", "Stocker", "Order filler"), _ALL, _ANY,
          "warehouse", "lift_50", "Pick and stage orders with a scanner.", _HALLS),
    Trade("53-7062", 1800, 14, ("Warehouse associate", "Loader", "Material handler", "Freight handler"), _ALL,
          _ANY, "warehouse", "lift_50", "Load and unload trailers.", _HALLS),
    Trade("53-7064", 1675, 8, ("Packer", "Hand packager", "Packing line associate"), _TWO, _WEEK,
          "warehouse machines", "lift_25", "Pack finished goods at the line.", _PLANTS),
    Trade("53-7051", 2100, 5, ("Forklift operator", "Reach truck operator"), _ALL, _WEEK,
          "warehouse machines", "forklift lift_50", "Move pallets by forklift.", _HALLS),
    Trade("37-2011", 1675, 9, ("Janitor", "Custodian", "Evening cleaner", "Floor technician"),
          ("06:00-14:30", "17:00-01:00", "18:00-22:00"), _WEEK, "", "lift_25",
          "Clean offices and halls, care for floors.", _CARE),
    Trade("37-2012", 1600, 4, ("Hotel room attendant", "Housekeeper"), ("08:00-16:00",), _ANY, "customers",
          "lift_25", "Make up rooms, fourteen a day.", ("Inn", "Suites", "Hotel")),
    Trade("37-3011", 1800, 5, ("Landscape crew member", "Groundskeeper", "Lawn crew member"), _SITE, _WEEK,
          "outdoors machines", "lift_50", "Mow, plant and clear with a crew.", ("Landscaping", "Grounds")),
    Trade("35-2014", 1700, 7, ("Line cook", "Prep cook", "Grill cook"), _MEALS, _ANY, "kitchen", "",
          "Cook to order in a busy kitchen.", _PLATES),
    Trade("35-9021", 1525, 5, ("Dishwasher", "Kitchen steward", "Kitchen helper"), _MEALS, _ANY, "kitchen",
          "lift_25", "Run the dish machine, keep the kitchen clean.", _PLATES),
    Trade("35-3023", 1425, 5, ("Crew member", "Counter worker", "Food service worker"), _MEALS, _ANY,
          "kitchen customers cash", "", "Serve guests, keep the counter stocked.", _PLATES),
    Trade("35-9011", 1475, 2, ("Barback", "Busser", "Dining room attendant"), ("16:00-00:00",),
          _ANY, "alcohol customers", "lift_25", "Stock the bar, clear tables.", ("Tavern", "Taproom")),
    Trade("47-2061", 2175, 8, ("Construction laborer", "Demolition laborer", "Site helper"), _SITE, _WEEK,
          "outdoors machines", "lift_50 tools", "Carry, dig, clean up the site.", _CREWS),
    Trade("47-2181", 2350, 2, ("Roofer", "Roofing helper"), _SITE, _WEEK, "outdoors heights",
          "lift_50 tools own_car", "Tear off and lay roofs.", _CREWS),
    Trade("47-2141", 2200, 3, ("Painter", "Painter's helper"), _SITE, _WEEK, "heights", "lift_25",
          "Prepare and paint walls, in and out.", _CREWS),
    Trade("49-9071", 2200, 4, ("Maintenance technician", "Building maintenance helper"), _DAY, _WEEK,
          "machines", "license tools experience", "Small repairs in a building.", _CARE),
    Trade("51-4121", 2350, 3, ("Welder", "Welder fabricator", "Welder trainee"), _TWO, _WEEK, "machines",
          "lift_50", "Weld frames from drawings.", _PLANTS),
    Trade("51-2090", 1850, 7, ("Assembler", "Production worker", "Assembly line worker"), _ALL, _WEEK,
          "machines", "lift_25", "Put parts together at a station.", _PLANTS),
    Trade("51-9111", 1900, 5, ("Machine operator", "Packaging machine operator"), _ALL, _WEEK, "machines",
          "lift_25 high_school", "Run and clear one machine.", _PLANTS),
    Trade("51-6011", 1525, 3, ("Laundry worker", "Linen sorter"), _TWO, _ANY, "machines", "lift_25",
          "Sort, wash and fold linen for hotels.", ("Linen", "Laundry")),
    Trade("51-3011", 1650, 2, ("Baker's helper", "Night baker"), ("22:00-06:00", "03:00-11:00"), _ANY,
          "kitchen night", "lift_50", "Mix, shape and bake.", ("Bakery", "Breadworks")),
    Trade("53-3032", 2600, 4, ("CDL driver, local", "Yard driver"), ("05:00-15:00", "06:00-16:00"), _WEEK,
          "driving", "license cdl drug_test background_check", "Drive local routes, home at night.", _ROADS),
    Trade("53-3033", 2025, 5, ("Delivery driver", "Route helper", "Van driver"), ("08:00-18:00",),
          _ANY, "driving customers", "license background_check", "Deliver parcels in a van of ours.", _ROADS),
    Trade("53-7081", 2100, 2, ("Recycling sorter", "Refuse collector helper"), ("05:00-13:30",), _WEEK,
          "outdoors machines", "lift_50", "Sort what comes off the belt.", ("Recycling", "Hauling")),
    Trade("53-7061", 1550, 3, ("Car wash attendant", "Vehicle cleaner", "Lot attendant"), ("08:00-17:00",),
          _ANY, "outdoors customers", "", "Wash and dry cars.", ("Auto Spa", "Motors")),
    Trade("49-3093", 1725, 2, ("Tire technician", "Lube technician"), ("08:00-17:00",), ("mon-sat",),
          "machines customers", "license", "Change tires and oil.", ("Tire", "Motors")),
    Trade("41-2011", 1425, 5, ("Cashier", "Store associate", "Produce clerk"), ("08:00-16:00", "14:00-22:00"),
          _ANY, "customers cash", "background_check", "Help customers, keep shelves full.", _SHOPS),
    Trade("31-1120", 1600, 3, ("Home care aide", "Residential aide"), ("07:00-15:00", "15:00-23:00"), _ANY,
          "homes hospital", "background_check license", "Help people through their day.", ("Home Care",)),
    Trade("33-9032", 1750, 2, ("Overnight desk guard", "Lobby attendant"), ("22:00-06:00",),
          _ANY, "night customers", "background_check", "Watch a lobby, walk the floors.", ("Protection",)),
    Trade("53-7062", 1775, 3, ("Mover", "Furniture mover"), ("07:00-17:00",), ("mon-sat",), "homes",
          "lift_50", "Carry and wrap furniture, careful with stairs.", ("Moving",)),
    Trade("37-2011", 1650, 2, ("Hospital cleaner", "Environmental services worker"), _ALL, _ANY, "hospital",
          "background_check", "Clean rooms between patients.", ("Medical Center", "Health")),
)  # fmt: skip

FIRST_NAMES: Final = (
    "Amberley Birchmoor Calder Dunmore Eastlight Fernhollow Greywater Hallowell Ironbrook Juniper Kestrel "
    "Larkfield Millrace Northgate Oakhaven Pinecrest Quarrystone Redfern Silverbend Thornbury Umberfield "
    "Valemont Westmark Yarrow Zephyr Ashlock Brackwater Copperline Driftmoor Elderway Foxmere Goldenrod"
).split()
SECOND_NAMES: Final = ("", "", "& Sons", "Bros", "United", "Tri-County", "Metro", "Valley")
STREETS: Final = (
    "Airport Rd|Industrial Way|Commerce Dr|Main St|Washington Ave|Depot St|Mill Rd|Harbor Blvd|Center St|"
    "Foundry Ln|Railroad Ave|Market St|Park Ave|Lincoln Hwy|Canal St|Warehouse Row|5th St|Union Ave|"
    "Enterprise Dr|Elm St"
).split("|")
