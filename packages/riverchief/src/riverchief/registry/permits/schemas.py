"""What the API of permits says and takes."""

from datetime import date

from ninja import Schema
from pydantic import Field

from riverchief.base.http import Day
from riverchief.registry.schemas import OwnerOut


class PermitTermOut(Schema):
    """A time for which a permit holds; `source` is "" for a reader who may not know the holder."""

    kind: str
    valid_from: date
    valid_to: date
    source: str


class MouthOut(Schema):
    """A river outfall by name."""

    id: int
    code: str
    name_zh: str
    name_en: str


class PermitOutletOut(Schema):
    """A permit outlet and the mouths it ends in."""

    id: int
    code: str
    name_zh: str
    mouths: list[MouthOut]


class PermitRow(Schema):
    """A permit with its holder, its terms and its outlets."""

    id: int
    number: str
    holder: OwnerOut
    valid: bool
    terms: list[PermitTermOut]
    outlets: list[PermitOutletOut]


class PermitTermIn(Schema):
    """A term to write down; the first of a number registers the permit."""

    number: str
    holder_id: int
    valid_from: Day
    valid_to: Day
    kind: str
    source: str


class PermitOutletIn(Schema):
    """A permit outlet with all the mouths it ends in."""

    code: str
    name_zh: str = ""
    outfall_codes: list[str] = Field(max_length=50)


class PermitSaved(Schema):
    """The permit that was written."""

    id: int
