"""What the people of both stories do on the pages: fill in a dialog, look at a state, find out who is in charge."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.stage import Stage


def act(
    page: Page,
    action: str,
    fields: dict[str, str] | None = None,
    photo: bytes | None = None,
    *,
    found: str | None = None,
    stands_at: tuple[float, float] | None = None,
) -> None:
    """Take one of the offered actions: fields by label, a choice by the text of its option; then the dialog is gone.

    `found` is in the name of the outfall that was found discharging; `stands_at` is where the device is, longitude and latitude.
    """
    page.get_by_role("button", name=action, exact=True).click()
    dialog = page.get_by_role("dialog", name=action)
    for label, value in (fields or {}).items():
        box = dialog.get_by_label(label)
        if box.evaluate("box => box.tagName") == "SELECT":
            box.select_option(label=value)
        else:
            box.fill(value)
    if found is not None:
        dialog.locator("label", has_text=found).get_by_role("radio").check()
    if photo is not None:
        attach(dialog, photo)
    if stands_at is not None:
        lon, lat = stands_at
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"longitude": lon, "latitude": lat})
        dialog.get_by_role("button", name=re.compile("Record where I am|记录当前位置")).click()
        expect(dialog.get_by_text(f"{lon:.5f}, {lat:.5f}")).to_be_visible()
    dialog.get_by_role("button", name=action, exact=True).click()
    expect(dialog).to_be_hidden()


def attach(place: Locator, photo: bytes) -> None:
    """Hand in a photo, and wait until the product has kept it."""
    place.locator("input[type=file]").set_input_files(
        {"name": "site.png", "mimeType": "image/png", "buffer": photo}
    )
    expect(place.get_by_text("site.png")).to_be_visible()
    expect(place.get_by_text("kept", exact=True).or_(place.get_by_text("已保存", exact=True))).to_be_visible()


def expect_state(page: Page, state: str) -> None:
    """The state at the head of the page."""
    expect(page.locator(".page-head .tag").first).to_have_text(state)


def place_of(stage: Stage, problem_id: int) -> tuple[float, float]:
    """Where a problem is, longitude and latitude."""
    with stage.product.connect() as database:
        row = database.execute("SELECT lon, lat FROM rectify_problem WHERE id = %s", [problem_id]).fetchone()
    assert row is not None
    return row[0], row[1]


def unit_in_charge(stage: Stage, problem_id: int) -> tuple[str, str, str]:
    """The unit of the county a problem lies in, in both languages, and the user name of who signs for it."""
    with stage.product.connect() as database:
        row = database.execute(
            """
            SELECT organisation.name_zh, organisation.name_en, person.username
            FROM rectify_problem problem
            JOIN accounts_area area ON area.code = problem.area_id
            JOIN accounts_organisation organisation ON organisation.kind = 'unit'
            JOIN accounts_area county ON county.code = organisation.area_id AND area.path LIKE county.path || '%%'
            JOIN accounts_membership held ON held.organisation_id = organisation.id AND held.role = 'unit'
            JOIN accounts_user person ON person.id = held.user_id
            WHERE problem.id = %s
            """,
            [problem_id],
        ).fetchone()
    assert row is not None
    return row


def number_in(url: str) -> int:
    """The number at the end of an address."""
    return int(url.rstrip("/").rsplit("/", 1)[1])
