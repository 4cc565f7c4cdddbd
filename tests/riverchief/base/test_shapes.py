"""What is wrong with a request, said in the reader's language alone, with the field and the cure."""

import re
from datetime import date, datetime
from typing import Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from riverchief.base.http import Day, Moment, PageQuery
from riverchief.base.shapes import wrong_shape


class Asked(BaseModel):
    """One field of each kind that the API takes."""

    whole: int = Field(1, ge=1, le=200)
    share: float = Field(0.5, gt=0, lt=1)
    text: str = Field("", max_length=3)
    flag: bool = False
    at: AwareDatetime | None = None
    moment: datetime | None = None
    day: date | None = None
    state: Literal["open", "closed"] = "open"
    ids: list[int] = []
    inner: "Asked | None" = None


class Needed(BaseModel):
    name: str


def refusal(model, body):
    with pytest.raises(ValidationError) as raised:
        model.model_validate(body)
    error = raised.value.errors()[0]
    return wrong_shape({**error, "loc": ("body", *error["loc"])})


@pytest.mark.parametrize(
    ("body", "zh", "en"),
    [
        ({"whole": "x"}, "“whole”须为整数。", "“whole” must be a whole number."),
        ({"whole": 1.5}, "“whole”须为整数。", "“whole” must be a whole number."),
        ({"whole": 0}, "“whole”不得小于 1。", "“whole” must be 1 or more."),
        ({"whole": 999}, "“whole”不得大于 200。", "“whole” must be 200 or less."),
        ({"share": "x"}, "“share”须为数字。", "“share” must be a number."),
        ({"share": 0}, "“share”须大于 0.0。", "“share” must be more than 0.0."),
        ({"share": 1}, "“share”须小于 1.0。", "“share” must be less than 1.0."),
        ({"text": 5}, "“text”须为文字。", "“text” must be a text."),
        ({"text": "abcd"}, "“text”不得超过 3 字。", "“text” may have 3 characters."),
        ({"flag": "perhaps"}, "“flag”须为是或否。", "“flag” must be true or false."),
        ({"at": "2026-11-20T04:00:00"}, "“at”不是可用的时间。", "“at” is no time."),
        ({"moment": "yesterday"}, "“moment”不是可用的时间。", "“moment” is no time."),
        ({"day": "soon"}, "“day”不是可用的日期。", "“day” is no date."),
        (
            {"state": "x"},
            "“state”须为下列之一：'open'、'closed'。",
            "“state” must be one of 'open' or 'closed'.",
        ),
        ({"ids": 5}, "“ids”须为列表。", "“ids” must be a list."),
        ({"ids": [1, "x"]}, "“ids.1”须为整数。", "“ids.1” must be a whole number."),
        ({"inner": 5}, "“inner”须为一组字段。", "“inner” must be an object."),
    ],
)
def test_each_kind_of_mistake_has_its_sentence_in_each_language(body, zh, en):
    error = refusal(Asked, body)
    told = [error.as_json("zh"), error.as_json("en")]
    assert [each["message"] for each in told] == [zh, en]
    assert told[0]["field"] == next(iter(body)) or "ids" in body
    assert all(each["cure"] for each in told)
    assert not re.search(r"[\u4e00-\u9fff]", told[1]["message"] + told[1]["cure"])


def test_what_is_missing_is_named():
    assert refusal(Needed, {}).as_json("zh") == {
        "code": "invalid_input",
        "message": "“name”缺失。",
        "cure": "请补充此项。",
        "field": "name",
    }


@pytest.mark.parametrize(
    ("place", "named"),
    [
        (("body", "body", "basis"), "“basis” is missing."),
        (("query", "page", "limit"), "“limit” is missing."),
        (("body", "body", "rows", 3, "name"), "“rows.3.name” is missing."),
        (("body", "body"), "“body” is missing."),
    ],
)
def test_a_field_has_the_name_the_sender_knows_it_by(place, named):
    assert wrong_shape({"type": "missing", "loc": place}).as_json("en")["message"] == named


def test_a_mistake_without_words_of_its_own_still_names_its_field():
    error = wrong_shape({"type": "url_parsing", "loc": ("body", "link"), "msg": "bad"})
    assert error.as_json("en")["message"] == "“link” cannot be used."


class Timed(BaseModel):
    """The times that the API takes."""

    moment: Moment | None = None
    day: Day | None = None


@pytest.mark.parametrize(
    "body",
    [
        {"moment": "0001-01-01T00:00:00Z"},
        {"moment": "9999-12-31T23:59:59-14:00"},
        {"moment": "2026-11-20T04:00:00"},
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
    ],
)
def test_a_time_that_nothing_here_can_be_about_is_refused_by_name(body):
    assert refusal(Timed, body).field == next(iter(body))


def test_a_place_in_a_list_beyond_what_a_database_counts_is_refused_by_name():
    assert refusal(PageQuery, {"offset": "9" * 23}).field == "offset"
    assert refusal(PageQuery, {"offset": 2**40}).field == "offset"
