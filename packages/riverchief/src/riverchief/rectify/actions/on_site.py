"""Whether who verifies was there: a photo taken after the report, and a position near the problem's place (rule `rectify.verification`)."""

from collections.abc import Sequence
from typing import Any

from riverchief.base.errors import InvalidInput
from riverchief.base.models import Evidence
from riverchief.base.rules import get_rule
from riverchief.monitor.rain import distance_km
from riverchief.rectify.actions.inputs import on_earth
from riverchief.rectify.models import Problem

RULE = "rectify.verification"


def check_on_site(
    problem: Problem, files: Sequence[Evidence], lon: float | None, lat: float | None, exception: str
) -> dict[str, Any]:
    """What the log says of how it was checked: how far from the place, and what was excepted.

    A photo whose time is not known and a position too far off need a reason, which stands in the history. A photo from before
    the report is refused, whatever the reason. Kinds where nobody can go may be verified by a decision with its reason.
    """
    rule = get_rule(RULE)
    if (lon is None) != (lat is None):
        raise InvalidInput(
            "位置须同时给出经度与纬度。|A position needs both longitude and latitude.",
            cure="请补全或去掉位置。|Give both or neither.",
            field="lon",
        )
    photos = [file for file in files if file.media_type.startswith("image/")]
    if problem.kind in rule["by_decision_kinds"] and exception and not photos and lon is None:
        return {"by_decision": True, "exception_reason": exception}
    _check_photos(problem, photos, exception)
    if lon is None or lat is None:
        raise InvalidInput(
            "现场核查须有位置。|A check on site needs a position.",
            cure="请在现场获取位置。|Take the position where you stand.",
            field="position",
        )
    on_earth(lon, lat)
    away_m = round(1000 * distance_km(problem.lon, problem.lat, lon, lat))
    if away_m > rule["within_m"] and not exception:
        raise InvalidInput(
            f"核查位置距问题位置 {away_m} 米，超过 {rule['within_m']} 米。"
            f"|The position lies {away_m} m from the problem's place, more than {rule['within_m']} m.",
            cure="请到现场获取位置；若问题位置有误或无法靠近，请说明原因。"
            "|Take it on site; where the problem's place is wrong or cannot be reached, say why.",
            field="position",
        )
    return {"distance_m": away_m, "exception_reason": exception}


def _check_photos(problem: Problem, photos: Sequence[Evidence], exception: str) -> None:
    if not photos:
        raise InvalidInput(
            "现场核查须附照片。|A check on site needs a photo.",
            cure="请上传核查时拍摄的照片。|Upload a photo taken at the check.",
            field="evidence_ids",
        )
    reported = problem.rectified_at
    early = next((file for file in photos if file.taken_at and reported and file.taken_at < reported), None)
    if early is not None:
        raise InvalidInput(
            f"“{early.name}”拍摄于上报整改之前。|“{early.name}” was taken before the work was reported.",
            cure="请上传核查时拍摄的照片。|Upload a photo taken at the check.",
            field="evidence_ids",
        )
    if not exception and all(file.taken_at is None for file in photos):
        raise InvalidInput(
            "照片没有拍摄时间。|None of the photos says when it was taken.",
            cure="请上传相机原图；若没有，请说明原因。|Upload the camera's own file; where there is none, say why.",
            field="evidence_ids",
        )
