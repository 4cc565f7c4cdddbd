"""The second story, in browsers and in Chinese: a citizen calls, the office writes it down, and it ends off the ledger."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from riverchief.demo.photo import photo

from tests.e2e.ledger import act, attach, expect_state, number_in, place_of, unit_in_charge
from tests.e2e.stage import Stage
from tests.e2e.visitor import Visitor

pytestmark = pytest.mark.e2e

TITLE = "石桥下雨洪口晴天有白色污水流出"


def test_from_a_citizens_call_to_off_the_ledger(visit: Callable[..., Visitor], stage: Stage) -> None:
    problem_id = the_office_writes_the_call_down_and_confirms_it(visit, stage)
    unit_zh, _, signer = unit_in_charge(stage, problem_id)

    office = visit("office", language="zh").page
    office.goto(f"/problems/{problem_id}")
    expect_state(office, "已登记")
    act(office, "交办", {"责任单位": unit_zh, "整改要求": "查明来源，三日内封堵。", "整改类型": "立行立改"})

    unit = visit(signer, language="zh").page
    unit.goto(f"/problems/{problem_id}")
    expect_state(unit, "已交办")
    act(unit, "签收")
    act(unit, "制定整改方案", {"整改措施": "雨污错接改造。"})
    expect_state(unit, "整改中")
    act(unit, "上报已整改", {"整改情况": "错接已改。", "无照片的说明": "夜间施工，次日补拍。"})
    expect_state(unit, "已整改（上报）")

    inspector = visit("inspector2", language="zh").page
    inspector.goto(f"/problems/{problem_id}")
    act(inspector, "审核退回", {"退回理由": "仍有渗水。"})
    expect_state(inspector, "审核退回")
    expect_state(unit, "审核退回")  # without a reload
    act(unit, "上报已整改", {"整改情况": "接口已重做。"}, photo(4, plume=False))
    check = {"核查情况": "现场无渗水。", "例外说明": "备用相机，未设时间。"}
    act(inspector, "核查通过", check, photo(5, plume=False), stands_at=place_of(stage, problem_id))
    expect_state(inspector, "已核查")

    expect_state(office, "已核查")
    act(office, "销号", {"销号意见": "同意销号。"})
    expect_state(office, "已销号")
    expect(office.get_by_text(re.compile("哈希链核对无误"))).to_be_visible()


def the_office_writes_the_call_down_and_confirms_it(visit: Callable[..., Visitor], stage: Stage) -> int:
    visitor = visit("office", language="zh")
    page = visitor.page
    page.goto("/clues")
    page.get_by_role("link", name="登记线索").click()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#kind-error")).not_to_be_empty()
    expect(page.locator("#title-error")).not_to_be_empty()
    expect(page.locator("#place-error")).not_to_be_empty()

    page.locator("#source").select_option(label="12345 热线")
    page.locator("#kind").select_option(index=1)
    page.locator("#title").fill(TITLE)
    page.locator("#reporter").fill("王女士")
    page.locator("#phone").fill("13900000000")
    attach(page.locator("form"), photo(3, plume=True))
    # A click on the map is the place of the clue; the office then moves it to where the caller said, by its numbers.
    chart = page.locator(".pick-map canvas")
    expect(chart).to_be_visible()
    chart.click(position={"x": 200, "y": 150})
    expect(page.locator("#lon")).to_have_value(re.compile(r"^\d+\.\d{6}$"))
    lon, lat = stage.place
    page.locator("#lon").fill(f"{lon:.5f}")
    page.locator("#lat").fill(f"{lat:.5f}")
    page.get_by_role("button", name="登记", exact=True).click()

    expect(page).to_have_url(re.compile(r"/clues/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page.get_by_role("main")).to_contain_text("王女士 13900000000")
    expect(page.get_by_role("main")).to_contain_text("合成数据")
    # Looked at, and confirmed by a recorded decision.
    act(page, "确认为问题", {"确认依据": "书面决定", "确认理由": "街道已到场，属实。"})
    expect(page).to_have_url(re.compile(r"/problems/\d+$"))
    return number_in(page.url)
