"""The printable sheet of a round's labels."""

from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from riverchief.base.clock import SHANGHAI
from riverchief.base.typesetting import Typesetter
from riverchief.monitor.sampling.code128 import svg
from riverchief.monitor.sampling.models import Bottle, SamplingRound
from riverchief.monitor.sampling.preservation import groups_by_key
from riverchief.monitor.wording import parameter_names

TEMPLATE = Path(__file__).with_name("labels.typ")

WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "title": "采样标签 {plan} {month}",
        "note": "虚线框为标签，沿虚线揭下贴瓶；框外文字只给采样员，不随瓶送实验室。",
        "bottles": "{count} 瓶",
        "sample": "水样",
        "duplicate": "平行样：与水样同时、同法采集",
        "blank": "全程序空白：现场灌装实验室纯水",
        "footer": "{name} · {at} 打印 · 含质控样信息，勿交实验室",
    },
    "en": {
        "title": "Sampling labels {plan} {month}",
        "note": "The dashed frame is the label; what stands outside is for the sampler only and does not go to the laboratory.",
        "bottles": "{count} bottles",
        "sample": "sample",
        "duplicate": "duplicate: filled with the sample, in the same way",
        "blank": "field blank: fill it with the laboratory's pure water",
        "footer": "{name} · printed {at} · names the blanks and duplicates: not for the laboratory",
    },
}


def labels_pdf(made: SamplingRound, *, language: str, made_for: str, at: datetime) -> bytes:
    """The labels of a round, point by point, as PDF.

    A label carries number, bars, preservative and parameters; the point and the role stand outside its frame.

    Raises:
        NoChineseFont: no font with Chinese characters is installed.
    """
    setter, words = Typesetter(), WORDS[language]
    groups = groups_by_key(made)
    zh = language == "zh"

    def label(bottle: Bottle) -> dict[str, str]:
        group = groups[bottle.group]
        return {
            "label": bottle.label,
            "bars": svg(bottle.label),
            "group": group[language],
            "preservative": group["preservative"][0 if zh else 1],
            "parameters": ("、" if zh else ", ").join(
                parameter_names(key)[0 if zh else 1] for key in bottle.parameters
            ),
            "role": words[bottle.role],
            "special": "1" if bottle.role != Bottle.Role.SAMPLE else "",
        }

    rows = Bottle.objects.filter(visit__round=made).select_related("visit__station")
    ordered = sorted(
        rows, key=lambda row: (row.visit.station.code, row.role != "sample", row.role, row.group)
    )
    points = [
        {
            "name": f"{station.code} {station.name_zh if zh else station.name_en}",
            "labels": [label(row) for row in own],
        }
        for station, own in groupby(ordered, key=lambda row: row.visit.station)
    ]
    plan = made.plan.name_zh if zh else made.plan.name_en
    data: dict[str, Any] = {
        "font": setter.font,
        "language": language,
        "title": words["title"].format(plan=plan, month=f"{made.month:%Y-%m}"),
        "note": words["note"],
        "footer": words["footer"].format(name=made_for, at=f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"),
        "points": [
            {**point, "count": words["bottles"].format(count=len(point["labels"]))} for point in points
        ],
    }
    return setter.pdf(TEMPLATE, data, at)
