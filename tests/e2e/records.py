"""Something of every kind to look at: an event, its trace, a clue, a problem."""

from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.e2e.stage import Stage
from tests.e2e.visitor import Visitor
from tests.riverchief.site.product import until


@dataclass(frozen=True)
class Records:
    """Their numbers."""

    event: int
    trace: int
    clue: int
    problem: int
    station: int
    round: int
    metered: int

    def pages(self) -> dict[str, str]:
        """Every page of the office's front end, by name."""
        return {
            "map": "/map",
            "outfall": f"/map?show=outfall:{self.metered}",
            "events": "/events",
            "event": f"/events/{self.event}",
            "duty": "/duty",
            "roster": "/duty/roster",
            "hand-overs": "/duty/log",
            "trace": f"/traces/{self.trace}",
            "rain": "/rain",
            "fleet": "/fleet",
            "review": "/review",
            "sampling": "/sampling",
            "sampling-round": f"/sampling/{self.round}",
            "sources": "/sources",
            "clues": "/clues",
            "clue": f"/clues/{self.clue}",
            "clue-new": "/clues/new",
            "ledger": "/problems",
            "campaigns": "/campaigns",
            "ledger-excel": "/problems/excel",
            "figures": "/figures",
            "remediation": "/remediation",
            "packs": "/packs",
            "outfall-file": f"/outfalls/{self.metered}",
            "documents": "/documents",
            "people": "/people",
            "account": "/account",
            "problem": f"/problems/{self.problem}",
            "station": f"/stations/{self.station}",
            "siting": "/sitings",
            "inbox": "/inbox",
            "import": "/import",
            "quarantine": "/quarantine",
            "not-found": "/no/such/page",
        }


def records_of(browser: Browser, stage: Stage) -> Records:
    """Make what is missing, through the API: discharge, wait for the trace, register a call, confirm the clue."""
    stage.discharge()
    office = Visitor.arrive(browser, stage).sign_in("office")
    event = until(lambda: _first(office, "/events"), "an event")
    trace = until(
        lambda: next((row for row in office.api("/traces")["items"] if row["state"] == "done"), None),
        "a finished trace",
    )
    if not office.api("/problems")["items"]:
        clue = until(lambda: _first(office, "/clues?state=open"), "the clue of the trace")
        first = office.api(f"/clues/{clue['id']}/places")["candidates"][0]
        found = (
            {"outfall_id": first["outfall"]["id"]}
            if first["outfall"]
            else {"lon": first["lon"], "lat": first["lat"]}
        )
        office.post(f"/clues/{clue['id']}/confirm", {"basis": "decision", "reason": "现场已查看", **found})
    if not office.api("/clues?state=open")["items"]:
        station = office.api(f"/stations/{event['station']['id']}")
        office.post(
            "/clues",
            {
                "source": "call_12345",
                "kind": office.api("/codes")["problem_kinds"][0]["key"],
                "title": "桥下水发白",
                "lon": station["lon"],
                "lat": station["lat"],
            },
        )
    found = Records(
        event=event["id"],
        trace=trace["id"],
        clue=_first(office, "/clues?state=open")["id"],
        problem=_first(office, "/problems")["id"],
        station=event["station"]["id"],
        round=_first(office, "/sampling/rounds")["id"],
        metered=_metered(office),
    )
    office.leave()
    return found


def _metered(office: Visitor) -> int:
    """The outfall that has power meters; its code is in that of their station."""
    station = _first(office, "/fleet?q=PM-")
    return _first(office, f"/outfalls?q={station['code'].removeprefix('PM-')}")["id"]


def _first(office: Visitor, path: str) -> dict | None:
    return next(iter(office.api(path)["items"]), None)
