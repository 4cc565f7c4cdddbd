"""An old ledger of the county and a sheet that was sent out to it, to be read by everybody."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from riverchief.accounts.roles import Role
from riverchief.rectify.exchange.export import ExportForFilling
from riverchief.rectify.importing.action import TakeOverLedger
from riverchief.rectify.importing.plan import plan_of
from riverchief.rectify.importing.settings import Reading
from riverchief.rectify.models import LedgerImport

from tests.riverchief.rectify.office import Office

if TYPE_CHECKING:
    from tests.riverchief.permissions.world import World

HEAD = "编号,区划代码,经度,纬度,问题类型,查出日期,整改状态"


def _content(number: str) -> bytes:
    return f"{HEAD}\n{number},990101,106.55,29.5,直排,2026-05-03,待交办\n".encode("gbk")


def file(number: str) -> dict[str, Any]:
    """A ledger of one row, in GBK."""
    return {"file": SimpleUploadedFile("ledger.csv", _content(number))}


def taken_over(office: Office) -> LedgerImport:
    """A ledger that the county has taken over."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.csv"
        path.write_bytes(_content("first"))
        actor, reading = office["county_office"], Reading()
        fingerprint = plan_of(path, path.name, reading, actor).fingerprint
        return TakeOverLedger(
            actor=actor, path=path, file_name=path.name, reading=reading, fingerprint=fingerprint
        ).run()


def take_over(client: Client, world: "World", role: Role) -> Any:
    """Preview another ledger, then take it over as it was previewed."""
    seen = client.post("/api/v1/ledger/imports/preview", file("another")).json()
    return client.post(
        "/api/v1/ledger/imports", {**file("another"), "fingerprint": seen.get("fingerprint", "")}
    )


def sent_out(office: Office) -> bytes:
    """The sheet of the county, not filled in yet."""
    return ExportForFilling(actor=office["county_office"], area_code=office.county.pk).run()


def sheet(world: "World") -> dict[str, Any]:
    """The sheet as it comes back."""
    return {"file": SimpleUploadedFile("sheet.xlsx", world.filled_sheet)}
