"""What the API says of an outfall's permits."""

from ninja import Schema

from riverchief.registry.permits.schemas import MouthOut, PermitTermOut
from riverchief.registry.schemas import OwnerOut


class YearLoadOut(Schema):
    """A permitted load of a year, in tonnes, beside what went out so far.

    `so_far_t` is of the `covered` share of the year until now; null: not known. `shared_mouth`: not known because a mouth
    carries other permit outlets as well. `whole_permit`: of all its outlets together.
    """

    whole_permit: bool
    parameter: str
    year: int
    permitted_t: float
    so_far_t: float | None
    covered: float
    shared_mouth: bool


class RequirementOut(Schema):
    """What the holder must measure: by an instrument all the time, or by hand `times` per period."""

    parameter: str
    manner: str
    times: int | None
    per: str


class OutfallPermitOut(Schema):
    """A permit outlet that ends in the outfall; number, holder and sources are empty for readers who may not know them."""

    outlet: str
    name_zh: str
    number: str
    holder: OwnerOut | None
    valid: bool
    terms: list[PermitTermOut]
    mouths: list[MouthOut]
    loads: list[YearLoadOut]
    self_monitoring: list[RequirementOut]
