"""Invented names, each in Chinese and in pinyin; none is meant to be a real place, firm or person."""

from collections.abc import Iterator

from numpy.random import Generator

Name = tuple[str, str]
"""Chinese, English."""

FIRST = [
    ("青", "Qing"), ("芦", "Lu"), ("石", "Shi"), ("竹", "Zhu"), ("桐", "Tong"), ("柳", "Liu"), ("松", "Song"),
    ("云", "Yun"), ("枫", "Feng"), ("梨", "Li"), ("菱", "Ling"), ("荷", "He"), ("兰", "Lan"), ("槐", "Huai"),
    ("杏", "Xing"), ("苇", "Wei"), ("禾", "He"), ("麦", "Mai"), ("樟", "Zhang"), ("棠", "Tang"),
]  # fmt: skip
SECOND = [
    ("汀", "ting"), ("廊", "lang"), ("湾", "wan"), ("坪", "ping"), ("渡", "du"), ("塘", "tang"), ("岩", "yan"),
    ("栈", "zhan"), ("陂", "bei"), ("埠", "bu"), ("浦", "pu"), ("垭", "ya"), ("滩", "tan"), ("坞", "wu"),
]  # fmt: skip
SURNAMES = [
    ("陈", "Chen"), ("林", "Lin"), ("周", "Zhou"), ("何", "He"), ("罗", "Luo"), ("邓", "Deng"), ("冉", "Ran"),
    ("谭", "Tan"), ("向", "Xiang"), ("秦", "Qin"), ("曾", "Zeng"), ("蒋", "Jiang"), ("田", "Tian"), ("龚", "Gong"),
]  # fmt: skip
GIVEN = [
    ("安明", "Anming"), ("晓川", "Xiaochuan"), ("清", "Qing"), ("文溪", "Wenxi"), ("立", "Li"), ("雨桐", "Yutong"),
    ("建波", "Jianbo"), ("春澜", "Chunlan"), ("志远", "Zhiyuan"), ("思源", "Siyuan"), ("素", "Su"), ("广平", "Guangping"),
]  # fmt: skip
TRADES = [
    ("食品厂", "Foods"), ("电镀厂", "Plating"), ("造纸厂", "Paper"), ("化工厂", "Chemicals"),
    ("印染厂", "Dyeing"), ("屠宰场", "Slaughterhouse"), ("酿造厂", "Brewing"), ("制药厂", "Pharmaceuticals"),
]  # fmt: skip
CITY: Name = ("青澜市", "Qinglan City")
TRUNK: Name = ("青澜江", "Qinglan River")
COUNTIES: list[Name] = [
    ("澜滨区", "Lanbin District"), ("青渡区", "Qingdu District"), ("禾川县", "Hechuan County"),
    ("石廊县", "Shilang County"), ("芦汀县", "Luting County"), ("松岭县", "Songling County"),
]  # fmt: skip


def places(rng: Generator, suffix: Name) -> Iterator[Name]:
    """Names of places with a suffix ("镇", " Town"); when all pairs are used up, they start again with a number."""
    pairs = [(a, b) for a in FIRST for b in SECOND]
    order = rng.permutation(len(pairs))
    count = 0
    while True:
        count += 1
        number = "" if count == 1 else str(count)
        for index in order:
            (zh_a, en_a), (zh_b, en_b) = pairs[int(index)]
            yield f"{zh_a}{zh_b}{number}{suffix[0]}", f"{en_a}{en_b}{number and ' ' + number}{suffix[1]}"


def person(rng: Generator) -> Name:
    """The name of a person, family name first in both languages."""
    surname, given = SURNAMES[int(rng.integers(len(SURNAMES)))], GIVEN[int(rng.integers(len(GIVEN)))]
    return surname[0] + given[0], f"{surname[1]} {given[1]}"
