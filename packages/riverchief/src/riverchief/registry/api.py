"""The registry over HTTP: basins, tiles, reaches, rivers, outfalls, imports."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile

from riverchief.accounts.api import auth
from riverchief.accounts.policies import require, scope, signed_in
from riverchief.accounts.roles import Capability
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.base.http import Page, PageQuery, language_of, page_of
from riverchief.base.uploads import kept
from riverchief.registry import queries, tiles
from riverchief.registry.importing import capability_of, preview, run_import
from riverchief.registry.models import Outfall, Reach, River
from riverchief.registry.schemas import (
    BasinOut,
    ImportOut,
    OutfallOut,
    PreviewOut,
    ReachOut,
    RiverOut,
)

router = Router(tags=["registry"], auth=auth)


class OutfallFilter(Schema):
    """Which outfalls: of a basin (id), below an area (code), with a text in name or code."""

    basin: int | None = None
    area: str = ""
    q: str = ""


class ImportForm(Schema):
    """What is imported, into which basin (areas and organisations have none); `mapping` is a JSON object, field to column
    (or to "=text", the same for every row).

    Without `accept_partial`, nothing is written of a network in which reaches of the file would be missing.
    """

    kind: str
    basin_code: str = ""
    mapping: str = ""
    dry_run: bool = False
    accept_partial: bool = False


class PreviewForm(Schema):
    """What the file is to be imported as."""

    kind: str


@router.get("/basins", response=Page[BasinOut])
def list_basins(request: HttpRequest, page: Query[PageQuery]) -> dict[str, Any]:
    """The basins on the reader's map."""
    return page_of(queries.basins(request.user), page, lambda row: row)


@router.get("/tiles/reaches/{int:z}/{int:x}/{int:y}.mvt", openapi_extra={"responses": {200: {"content": {}}}})
def read_reach_tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """A vector tile with the layer `reaches`; answers 304 where the reader already has it."""
    require(request.user, Capability.VIEW_MAP)
    paths = scope(request.user, Capability.VIEW_MAP)
    state = f"{tiles.versions()} {paths} {z}/{x}/{y}"
    etag = f'"{hashlib.sha256(state.encode()).hexdigest()[:20]}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        content = tiles.reach_tile(z, x, y, paths)
        response = HttpResponse(content, content_type="application/vnd.mapbox-vector-tile")
    response["ETag"] = etag
    # Private: the tile depends on the reader. It is asked for again each time, mostly for a 304.
    response["Cache-Control"] = "private, no-cache"
    return response


@router.get("/reaches/{int:reach_id}", response=ReachOut)
def read_reach(request: HttpRequest, reach_id: int) -> dict[str, Any]:
    """A reach with its line."""
    row: Reach | None = (
        queries.reaches(request.user).select_related("basin", "river").filter(pk=reach_id).first()
    )
    if row is None:
        raise NotFound("没有这个河段。|There is no such reach.")
    return queries.reach(row)


@router.get("/rivers", response=Page[RiverOut])
def list_rivers(request: HttpRequest, page: Query[PageQuery], basin: int | None = None) -> dict[str, Any]:
    """The rivers of which the reader sees a reach."""
    rows = queries.rivers(request.user)
    return page_of(rows.filter(basin_id=basin) if basin is not None else rows, page, _river)


def _river(row: River) -> dict[str, Any]:
    return {
        "id": row.pk,
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "basin_id": row.basin_id,
        "synthetic": row.basin.synthetic,
    }


@router.get("/outfalls", response=Page[OutfallOut])
def list_outfalls(
    request: HttpRequest, page: Query[PageQuery], which: Query[OutfallFilter]
) -> dict[str, Any]:
    """The outfalls on the reader's map."""
    rows: QuerySet[Outfall] = queries.outfalls(request.user)
    if which.basin is not None:
        rows = rows.filter(reach__basin_id=which.basin)
    if which.area:
        rows = rows.filter(area__path__contains=f"/{which.area}/")
    if which.q:
        # Not the organisation: a search must not tell whose an outfall is.
        rows = rows.filter(
            Q(code__icontains=which.q) | Q(name_zh__icontains=which.q) | Q(name_en__icontains=which.q)
        )
    return page_of(rows, page, lambda row: queries.outfall(row, request.user))


@router.get("/outfalls/{int:outfall_id}", response=OutfallOut)
def read_outfall(request: HttpRequest, outfall_id: int) -> dict[str, Any]:
    """An outfall."""
    row = queries.outfalls(request.user).filter(pk=outfall_id).first()
    if row is None:
        raise NotFound("没有这个排污口。|There is no such outfall.")
    return queries.outfall(row, request.user)


@router.post("/imports", response=ImportOut)
def import_file(request: HttpRequest, form: Form[ImportForm], file: File[UploadedFile]) -> dict[str, Any]:
    """Import a file into the registry; good rows are kept, bad rows told. A dry run changes nothing."""
    require(request.user, capability_of(form.kind))
    if form.kind == "people":
        raise InvalidInput(
            "人员只能在服务器上导入：初始密码不经网页传送。"
            "|People are imported on the server: first passwords do not travel through a page.",
            cure="请用 riverchief import --kind people --passwords 文件。"
            "|Use `riverchief import --kind people --passwords FILE`.",
            field="kind",
        )
    with kept(file) as path:
        result = run_import(
            path,
            kind=form.kind,
            basin_code=form.basin_code,
            mapping=_mapping(form.mapping),
            dry_run=form.dry_run,
            accept_partial=form.accept_partial,
            actor=signed_in(request),
            name=Path(file.name or path.name).name,
        )
    return result.as_json(language_of(request))


@router.post("/imports/preview", response=PreviewOut)
def preview_file(request: HttpRequest, form: Form[PreviewForm], file: File[UploadedFile]) -> dict[str, Any]:
    """The columns and first rows of a file, and which field each column would be; nothing is imported."""
    require(request.user, capability_of(form.kind))
    with kept(file) as path:
        return preview(path, form.kind, Path(file.name or path.name).name, language_of(request))


def _mapping(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        mapping = json.loads(text)
    except ValueError as error:
        raise InvalidInput(
            f"mapping 不是 JSON：{error}|mapping is no JSON: {error}",
            cure='例如 {"code": "编号"}。|For example {"code": "编号"}.',
            field="mapping",
        ) from error
    if not isinstance(mapping, dict) or not all(
        isinstance(part, str) for pair in mapping.items() for part in pair
    ):
        raise InvalidInput(
            "mapping 必须是“字段: 列名”的对象。|mapping must be an object of field to column.",
            cure='例如 {"code": "编号"}。|For example {"code": "编号"}.',
            field="mapping",
        )
    return mapping
