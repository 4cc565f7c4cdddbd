"""What the front end takes from Python, so that names, colours and addresses have one source."""

import json
from typing import Any

from riverkit.quality import WaterClass

from riverchief.site.api import api


def _text(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def exports() -> dict[str, str]:
    """File name below the front end's folder to content: the OpenAPI document, and the tokens of the classes."""
    classes = [
        {
            "key": int(grade),
            "label": ">V" if grade is WaterClass.INFERIOR_V else grade.label,
            "zh": f"{grade.label_zh}类",
            "en": grade.label if grade is WaterClass.INFERIOR_V else f"class {grade.label}",
            "colour": grade.colour,
            "text": grade.text_colour,
            "outline": grade.outline_colour,
        }
        for grade in WaterClass
    ]
    return {
        "openapi.json": _text(api.get_openapi_schema(path_prefix="/api/v1/")),
        "src/shared/generated/tokens.json": _text({"classes": classes}),
    }
