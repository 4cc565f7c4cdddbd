"""How a person says that an old ledger is to be read: columns, words, what empty cells mean, cells corrected."""

from typing import Annotated

from ninja import Schema
from pydantic import Field, ValidationError

from riverchief.base.errors import InvalidInput
from riverchief.rectify.importing.cells import DAY_ORDERS

FIELDS = (
    "old_number", "area", "county", "town", "village", "rivers", "outfall", "lon", "lat", "address",
    "problem_kind", "description", "found_on", "unit_name", "requirement", "rectification_class",
    "assigned_on", "due_on", "old_state", "rectified_on", "written_off_on",
)  # fmt: skip
NEEDED = ("old_number", "problem_kind", "found_on", "old_state")
WORDS = ("old_state", "problem_kind", "unit_name")
"""Fields whose texts a person translates: into a state, a kind, the number of an organisation."""

Text = Annotated[str, Field(max_length=4_000)]


class Reading(Schema, extra="forbid"):
    """`columns`: field to column. `words`: field to text in the file to key. `fill`: field to the text of empty cells.
    `corrections`: number of the row to field to text. `left_out`: rows that are not taken. `day_order`: see `DAY_ORDERS`.
    """

    campaign_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    columns: dict[str, Text] = {}
    words: dict[str, dict[str, Text]] = {}
    fill: dict[str, Text] = {}
    corrections: dict[int, dict[str, Text]] = {}
    left_out: list[int] = []
    day_order: str = ""


def reading_of(text: str) -> Reading:
    """The settings that came with a file, as JSON; "" for none yet.

    Raises:
        InvalidInput: they are no such object, or name a field that there is not.
    """
    try:
        reading = Reading.model_validate_json(text or "{}")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "settings"
        raise InvalidInput(
            f"读取设置有误（{where}）。|The settings cannot be read ({where}: {first['msg']}).",
            cure="请按 API 说明填写。|See the API document.",
            field="settings",
        ) from error
    named = {
        *reading.columns,
        *reading.fill,
        *(field for row in reading.corrections.values() for field in row),
    }
    unknown = sorted((named - set(FIELDS)) | (set(reading.words) - set(WORDS)))
    if unknown:
        raise InvalidInput(
            f"没有字段“{unknown[0]}”。|There is no field “{unknown[0]}”.",
            cure=f"可用字段：{'、'.join(FIELDS)}|Fields: {', '.join(FIELDS)}",
            field="settings",
        )
    if reading.day_order not in ("", *DAY_ORDERS):
        raise InvalidInput(
            f"没有日期顺序“{reading.day_order}”。|There is no order of days “{reading.day_order}”.",
            cure=f"可用：{'、'.join(DAY_ORDERS)}|Use one of: {', '.join(DAY_ORDERS)}",
            field="settings",
        )
    return reading
