"""An invented list of chiefs as an office keeps it, with everything that such lists are known for; labelled synthetic.

Numbers are of the block 199 0000 0000 and up: none is meant to be anybody's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from numpy.random import Generator, default_rng
from openpyxl import Workbook

from riverchief.demo import names

TITLE = "河长名单（合成数据，非真实人员 SYNTHETIC DATA）"
HEADER = (
    "序号",
    "区县",
    "乡镇（街道）",
    "姓  名",
    "职务",
    "河长类型",
    "责任河流",
    "联系电话",
    "任职时间",
    "备注",
)
FIRST_NUMBER = 19_900_000_000
ROWS_PER_PAGE = 400
DAYS = ("2024-03-01", "2024.3.1", "2024年3月", "2025-01-06")


@dataclass(frozen=True)
class Post:
    """A post to fill: names of county and town ("" for none), the duty in words, the river."""

    county: str
    town: str
    duty: str
    river: str


def posts(places: Sequence[tuple[str, str, str]], count: int) -> Iterator[Post]:
    """Posts for places (county, town, river): heads and chiefs of each tier, then as many volunteers as are missing."""
    made: list[Post] = []
    counties = dict.fromkeys(county for county, _, _ in places)
    for county in counties:
        made += [Post(county, "", "双总河长", ""), Post(county, "", "双总河长", "")]
        rivers = dict.fromkeys(river for where, _, river in places if where == county)
        made += [Post(county, "", duty, river) for river in rivers for duty in ("县级河长", "河道警长")]
        towns = dict.fromkeys(town for where, town, _ in places if where == county)
        for town in towns:
            made.append(Post(county, town, "镇总河长", ""))
            here = [river for where, lies_in, river in places if (where, lies_in) == (county, town)]
            made += [
                Post(county, town, duty, river)
                for river in here
                for duty in ("镇级河长", "副河长", "民间河长")
            ]
    made = made[:count]
    for number in range(count - len(made)):
        county, town, river = places[number % len(places)]
        made.append(Post(county, town, "民间河长", river))
    # A list goes by place: that is what its merged cells say.
    order = {county: number for number, county in enumerate(counties)}
    yield from sorted(made, key=lambda post: (order[post.county], post.town))


def rows(of: Iterable[Post], seed: int) -> Iterator[tuple[object, ...]]:
    """The rows of the list, some spoiled as people and spreadsheets spoil them, all still right."""
    rng = default_rng(seed)
    day = ""
    for number, post in enumerate(of):
        name, mobile = _name(rng), FIRST_NUMBER + number
        if rng.random() < 0.3 and len(name) == 2:
            name = f"{name[0]}　{name[1]}"
        phone: object = (str(mobile), float(mobile), f"{mobile} ", f"+86 {mobile}")[int(rng.integers(4))]
        before, day = day, DAYS[int(rng.integers(len(DAYS)))]
        again = "同上" if before == day else day
        where = post.town or post.county
        position = f"{where}党委书记、{where[-1]}长" if rng.random() < 0.4 else f"{where}副{where[-1]}长"
        yield (number + 1, post.county, post.town, name, position, post.duty, post.river, phone, again, "")


def _name(rng: Generator) -> str:
    """A family name and one or two characters: the demo's few given names would be the same person again and again."""
    characters = [each[0][0] for each in (*names.FIRST, *names.SECOND, *names.GIVEN)]
    surname = names.SURNAMES[int(rng.integers(len(names.SURNAMES)))][0]
    length = 1 + int(rng.integers(2))
    return surname + "".join(characters[int(rng.integers(len(characters)))] for _ in range(length))


def write_list(path: Path, of: Iterable[Post], seed: int) -> int:
    """Write the list as XLSX: a merged title, merged counties and towns, the header again on every page, a foot.

    Returns the rows of people.
    """
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "河长名单（合成）"
    width = len(HEADER)
    sheet.append([TITLE])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    sheet.append(HEADER)
    line, count = 2, 0
    began: dict[int, tuple[int, object]] = {}

    def close(columns: Iterable[int]) -> None:
        for column in columns:
            start, _ = began.pop(column, (line, None))
            if line > start:
                sheet.merge_cells(start_row=start, start_column=column, end_row=line, end_column=column)

    for row in rows(of, seed):
        if count and count % ROWS_PER_PAGE == 0:
            close((2, 3))
            sheet.append(HEADER)
            line += 1
        if began.get(2, (0, row[1]))[1] != row[1]:
            close((2, 3))
        elif began.get(3, (0, row[2]))[1] != row[2]:
            close((3,))
        cells = list(row)
        line += 1
        count += 1
        for column in (2, 3):
            if column in began:
                cells[column - 1] = None
            elif cells[column - 1]:
                began[column] = (line, cells[column - 1])
        sheet.append(cells)
    close((2, 3))
    sheet.append(["合计", count])
    book.save(path)
    return count
