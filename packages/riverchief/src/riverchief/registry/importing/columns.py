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
    "outfall": ("outfall", "outfall_code", "outfallname", "所属排污口", "所属排污口编码", "排污口编码", "排口编码", "溢流口编码", "溢流口"),
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
    "person": ("姓名", "河长姓名", "河长", "责任人", "责任人姓名", "person"),
    "phone": ("phone", "mobile", "电话", "手机", "手机号", "手机号码", "联系电话", "联系方式", "河长电话"),
    "duty": ("duty", "职责", "河长类型", "河长职务", "河长级别", "担任河长", "河长类别"),
    "tier": ("tier", "层级", "河长层级", "级别"),
    "county": ("county", "区县", "县区", "县市区", "区", "县", "所属区县", "区县名称"),
    "town": ("town", "乡镇", "镇", "镇街", "乡镇街道", "所属乡镇", "镇乡街道", "街道"),
    "village": ("village", "村", "村社", "村社区", "行政村", "所属村"),
    "rivers": ("rivers", "河流", "河流名称", "河湖名称", "河道名称", "责任河流", "责任河湖", "河段", "责任河段", "河段名称"),
    "left": ("left", "在职情况", "状态", "任职状态", "变动情况"),
    "water": ("water", "standing_water", "水体", "水体编码", "湖库编码"),
    "position": ("position", "title", "职务", "行政职务", "党政职务", "单位及职务"),
    "river": ("river", "river_code", "河流"),
    "valid_from": ("valid_from", "任职起", "开始日期", "有效期起", "任职时间", "任职日期"),
    "valid_to": ("valid_to", "任职止", "结束日期", "有效期止", "离任时间", "离任日期"),
    "parameter": ("parameter", "factor", "因子", "监测因子", "指标", "监测指标", "监测项目", "项目", "污染物", "参数"),
    "averaging": ("averaging", "限值时段", "均值", "考核均值"),
    "most": ("most", "limit", "限值", "排放限值", "许可限值", "上限"),
    "least": ("least", "下限"),
    "unit": ("unit", "单位", "计量单位"),
    "permit": ("permit", "source", "许可证编号", "许可证号", "依据", "执行标准", "来源"),
    "source": ("source", "来源", "溢流类型", "溢流来源", "发证文件", "审批文号", "依据"),
    "outlet": ("outlet", "permit_outlet", "排放口", "排放口编号", "排放口编码", "许可排放口"),
    "holder": ("holder", "持证单位", "持证单位名称", "单位名称", "企业名称", "排污单位"),
    "year": ("year", "年份", "年度"),
    "tonnes": ("tonnes", "许可年排放量", "年排放量", "许可排放量"),
    "times": ("times", "次数", "监测次数"),
    "per": ("per", "监测周期", "周期"),
    "manner": ("manner", "监测方式", "自行监测方式"),
    "started_at": ("started_at", "start", "eventstart", "开始时间", "溢流开始时间", "起始时间", "停运时间", "停运开始时间", "计划停运时间"),
    "stopped_at": ("stopped_at", "stop", "end", "eventstop", "结束时间", "停止时间", "溢流结束时间", "恢复时间", "停运结束时间", "计划恢复时间"),
    "rainfall_mm": ("rainfall_mm", "rainfall", "rain", "降雨量", "雨量", "降水量"),
    "volume_m3": ("volume_m3", "volume", "溢流量", "水量"),
    "not_metered": ("not_metered", "未计量", "是否未计量"),
    "receiving_reach": ("receiving_reach", "受纳河段", "受纳水体编码"),
    "note": ("note", "备注", "说明"),
    "station": ("station", "station_code", "站点", "站码", "站点编码", "点位编码", "监测点位编码", "点位", "监测点位"),
    "at": ("at", "time", "datetime", "timestamp", "监测时间", "采样时间", "时间", "数据时间", "采样日期", "监测日期"),
    "value": ("value", "result", "监测值", "结果", "检测结果", "测值", "数值", "浓度"),
    "flag": ("flag", "标记", "数据标记"),
    "series": ("series", "数据类型", "时段"),
    "laboratory": ("laboratory", "lab", "实验室", "检测单位", "检测机构", "监测单位"),
    "method": ("method", "方法", "检测方法", "分析方法", "方法依据"),
    "label": ("label", "bottle", "瓶号", "样品标签", "标签号", "样品编号", "样品号"),
    "analysed_at": ("analysed_at", "analyzed_at", "分析时间", "检测时间", "测定时间", "分析日期", "检测日期"),
    "reason": ("reason", "更正原因", "修改原因", "停运原因", "原因"),
    "old_number": ("old_number", "问题编号", "编号", "序号", "问题序号", "台账编号", "no", "number"),
    "found_on": ("found_on", "发现时间", "发现日期", "查出时间", "查出日期", "排查时间", "排查日期", "登记时间", "登记日期"),
    "problem_kind": ("problem_kind", "问题类型", "问题类别", "类型", "类别", "问题性质"),
    "description": ("description", "问题描述", "存在问题", "问题", "主要问题", "问题内容", "具体问题", "问题简述"),
    "address": ("address", "地点", "位置", "具体位置", "问题位置", "详细地址", "点位", "问题地点", "问题点位"),
    "unit_name": ("unit_name", "责任单位", "整改单位", "整改责任单位", "牵头单位", "承办单位", "整改责任部门", "责任部门"),
    "requirement": ("requirement", "整改要求", "整改措施", "措施", "整改方案", "整治措施"),
    "rectification_class": ("rectification_class", "整改类型", "整改类别"),
    "assigned_on": ("assigned_on", "交办时间", "交办日期", "下达时间"),
    "due_on": ("due_on", "整改期限", "整改时限", "完成期限", "完成时限", "期限", "时限", "要求完成时间", "计划完成时间", "拟完成时间"),
    "old_state": ("old_state", "整改状态", "整改情况", "完成情况", "整改进展", "当前状态", "状态", "是否完成", "是否销号", "进展情况", "整改完成情况"),
    "rectified_on": ("rectified_on", "完成时间", "完成日期", "整改完成时间", "实际完成时间", "整改完成日期"),
    "written_off_on": ("written_off_on", "销号时间", "销号日期"),
    "sample_no": ("sample_no", "样品编号", "样品号", "样品编码"),
}  # fmt: skip


def plain(header: str) -> str:
    """A header without case, spaces, underscores and a unit in brackets."""
    return re.sub(r"[\s_\-*]+", "", re.sub(r"[（(\[].*?[）)\]]", "", header)).lower()


KNOWN: dict[str, list[str]] = {}
"""Plain header to the fields that it may hold: which, is decided by the kind of file."""
for _name, _headers in HEADERS.items():
    for _header in _headers:
        KNOWN.setdefault(plain(_header), []).append(_name)

CONSTANT = "="
"""A mapping of a field to "=text" gives every row this text, for what the file says nowhere."""


def cells_of(columns: Mapping[str, str], cells: Mapping[str, str]) -> dict[str, str]:
    """The cells of a row by field, those that are the same for every row among them."""
    return {
        field: column[len(CONSTANT) :] if column.startswith(CONSTANT) else cells[column]
        for field, column in columns.items()
    }


def guess(columns: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """Field to the first column whose header is a known one of it."""
    found: dict[str, str] = {}
    for column in columns:
        known = next((name for name in KNOWN.get(plain(column), ()) if name in fields), None)
        if known is not None:
            found.setdefault(known, column)
    return found


def resolve(
    columns: Sequence[str], mapping: Mapping[str, str], fields: Sequence[str], needed: Sequence[str]
) -> dict[str, str]:
    """Field to column.

    Args:
        columns: those of the file.
        mapping: the user's own, field to column (or to "=text", the same for every row); it goes before the known headers.
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
        if column not in columns and not column.startswith(CONSTANT):
            raise InvalidInput(
                f"文件中没有列“{column}”（对应 {name}）。|The file has no column “{column}” (for {name}).",
                cure=f"文件中的列：{'、'.join(columns)}|Its columns: {', '.join(columns)}",
                field="mapping",
            )
    found = dict(mapping)
    for field, column in guess(columns, fields).items():
        if column not in found.values():
            found.setdefault(field, column)
    missing = [name for name in needed if name not in found]
    if missing:
        headers = "; ".join(f"{name}: {' / '.join(HEADERS[name][:4])}" for name in missing)
        raise InvalidInput(
            f"缺少列：{'、'.join(missing)}。|Columns are missing: {', '.join(missing)}.",
            cure=f"请补上列，或用 mapping 指明。已知列名：{headers}|Add them, or name them in the mapping. Known headers: {headers}",
            field="mapping",
        )
    return found
