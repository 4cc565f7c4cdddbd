"""Which column holds which field: the headers that offices use, in Chinese and English, or the user's own mapping."""

import re
from collections.abc import Mapping, Sequence

from riverchief.base.errors import InvalidInput

HEADERS: dict[str, tuple[str, ...]] = {
    "code": ("code", "id", "编码", "编号", "代码", "站点编码", "站码", "断面编码", "排污口编码", "排口编码", "排污口编号", "河流编码"),
    "name_zh": ("name_zh", "name", "名称", "站点名称", "站名", "点位名称", "断面名称", "排污口名称", "排口名称", "河流名称", "中文名", "姓名"),
    "name_en": ("name_en", "英文名", "英文名称"),
    "lon": ("lon", "lng", "longitude", "经度", "东经", "x"),
    "lat": ("lat", "latitude", "纬度", "北纬", "y"),
    "reach": ("reach", "reach_code", "河段", "河段编码"),
    "area": ("area", "area_code", "行政区", "行政区代码", "行政区划代码", "区划代码", "所属区县代码"),
    "mn": ("mn", "设备唯一标识", "设备编号", "数采仪编号"),
    "password": ("password", "pw", "访问密码"),
    "kind": ("kind", "type", "类型", "站点类型", "排污口类型", "排口类型", "监测方式"),
    "owner": ("owner", "归属"),
    "section": ("section", "section_code", "所属断面", "所属断面编码"),
    "outfall": ("outfall", "outfall_code", "所属排污口", "所属排污口编码"),
    "water_body": ("water_body", "水体类型"),
    "target_class": ("target_class", "target", "水质目标", "目标水质", "目标类别"),
    "organisation": ("organisation", "organization", "责任主体", "排污单位", "单位名称", "企业名称"),
    "permitted": ("permitted", "是否许可", "是否审批", "是否持证"),
    "status": ("status", "状态", "使用状态"),
    "level": ("level", "级别", "断面级别", "控制级别", "行政级别"),
    "parent": ("parent", "parent_code", "上级", "上级代码"),
    "department": ("department", "主管部门"),
    "username": ("username", "用户名", "登录名"),
    "role": ("role", "角色"),
    "river": ("river", "river_code", "河流"),
    "valid_from": ("valid_from", "任职起", "开始日期"),
    "valid_to": ("valid_to", "任职止", "结束日期"),
}  # fmt: skip


def plain(header: str) -> str:
    """A header without case, spaces, underscores and a unit in brackets."""
    return re.sub(r"[\s_\-*]+", "", re.sub(r"[（(\[].*?[）)\]]", "", header)).lower()


KNOWN = {plain(header): name for name, headers in HEADERS.items() for header in headers}


def resolve(
    columns: Sequence[str], mapping: Mapping[str, str], fields: Sequence[str], needed: Sequence[str]
) -> dict[str, str]:
    """Field to column.

    Args:
        columns: those of the file.
        mapping: the user's own, field to column; it goes before the known headers.
        fields: what can be imported.
        needed: what there must be.

    Raises:
        InvalidInput: the mapping names a field or a column that does not exist, or a needed field has no column.
    """
    for name, column in mapping.items():
        if name not in fields:
            raise InvalidInput(
                f"没有可导入的字段“{name}”。|There is no field “{name}” to import.",
                cure=f"可用字段：{'、'.join(fields)}|Fields: {', '.join(fields)}",
                field="mapping",
            )
        if column not in columns:
            raise InvalidInput(
                f"文件中没有列“{column}”（对应 {name}）。|The file has no column “{column}” (for {name}).",
                cure=f"文件中的列：{'、'.join(columns)}|Its columns: {', '.join(columns)}",
                field="mapping",
            )
    found = dict(mapping)
    for column in columns:
        known = KNOWN.get(plain(column))
        if known in fields and column not in found.values():
            found.setdefault(str(known), column)
    missing = [name for name in needed if name not in found]
    if missing:
        headers = "; ".join(f"{name}: {' / '.join(HEADERS[name][:4])}" for name in missing)
        raise InvalidInput(
            f"缺少列：{'、'.join(missing)}|Columns are missing: {', '.join(missing)}",
            cure=f"请补上列，或用 mapping 指明。已知列名：{headers}|Add them, or name them in the mapping. Known headers: {headers}",
            field="mapping",
        )
    return found
