"""Pages set as PDF: one typesetter, and an open font with Chinese characters."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from riverchief.base.errors import RiverchiefError

FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
)
"""Open fonts with Chinese characters, the first that is there is used."""


class NoChineseFont(RiverchiefError):
    """This computer has no font that pages could be set in."""

    status, code = 503, "no_chinese_font"


class Typesetter:
    """The typesetter with the fonts of this computer; `font` is the one to set in.

    Raises:
        NoChineseFont: no font with Chinese characters is installed.
    """

    def __init__(self) -> None:
        # Not at the top: the typesetter is large, and only this needs it.
        import typst

        folder = os.environ.get("RIVERCHIEF_FONTS")
        self._fonts = typst.Fonts(font_paths=[folder] if folder else [])
        font = next((name for name in FONTS if name in self._fonts.families()), None)
        if font is None:
            raise NoChineseFont(
                "本机没有中文字体，无法生成 PDF。|No font with Chinese characters is installed, so no PDF can be made.",
                cure="请安装思源黑体（Debian：apt install fonts-noto-cjk），或把字体文件放入 RIVERCHIEF_FONTS 所指的文件夹后重启。"
                "|Install Noto Sans CJK (Debian: apt install fonts-noto-cjk), or put the font into the folder that "
                "RIVERCHIEF_FONTS names, and restart.",
            )
        self.font = font

    def pdf(self, template: Path, data: dict[str, Any], at: datetime) -> bytes:
        """A template with its data (`sys.inputs.data`, JSON) as PDF, dated `at`."""
        import typst

        return bytes(
            typst.compile(
                str(template),
                font_paths=self._fonts,
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                timestamp=int(at.timestamp()),
            )
        )
