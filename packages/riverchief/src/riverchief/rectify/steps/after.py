"""Steps after the write-off: somebody looks again, a relapse is suspected and judged, the file is closed."""

from riverchief.accounts.roles import Capability
from riverchief.rectify.codes import ProblemState
from riverchief.rectify.steps.shape import EVIDENCE, Fact, Field, Party, Transition

S, C = ProblemState, Capability

_CHECKED = frozenset({S.VERIFIED, S.WRITTEN_OFF, S.ARCHIVED})
_OFF = frozenset({S.WRITTEN_OFF, S.ARCHIVED})

ROWS = (
    Transition(
        "call_back",
        _OFF,
        None,
        C.VERIFY_PROBLEM,
        Party.OFFICE,
        "回访",
        "Call back",
        "记录销号后再次查看的情况；未保持的，形成“疑似反弹”，由人员判断。整改上报人不能回访。",
        "Records a look after the write-off; if it does not hold, a suspected relapse is raised for a person to judge. Not by who reported the work.",
        (
            Field("result", "choice", "是否保持", "Does it hold", options="call_back_results"),
            Field("finding", "text", "回访情况", "What was found"),
            EVIDENCE,
        ),
        needs=(Fact.NOT_SUSPECTED,),
    ),
    Transition(
        "suspect_relapse",
        _CHECKED,
        None,
        C.VERIFY_PROBLEM,
        Party.OFFICE,
        "登记疑似反弹",
        "Suspect a relapse",
        "登记疑似反弹的情况，等待人员判断；问题不会自动重开。",
        "Records what speaks for a relapse, for a person to judge; nothing is reopened by itself.",
        (Field("observation", "text", "情况", "What was seen"), EVIDENCE),
        needs=(Fact.NOT_SUSPECTED,),
        aside=True,
    ),
    Transition(
        "dismiss_relapse",
        _CHECKED,
        None,
        C.VERIFY_PROBLEM,
        Party.OFFICE,
        "排除反弹",
        "Dismiss the relapse",
        "判断并非反弹，留存理由；整改上报人和核查人不能作此判断。",
        "It is no relapse; the reason is kept. Not by who reported or verified the work.",
        (Field("reason", "text", "理由", "Reason"),),
        needs=(Fact.SUSPECTED,),
    ),
    Transition(
        "reopen",
        _OFF,
        S.REOPENED,
        C.WRITE_OFF_PROBLEM,
        Party.OFFICE,
        "重开",
        "Reopen",
        "撤销销号，责任单位重新整改，从今日起按整改类型计算期限；经过全部保留。",
        "Takes the write-off back: the unit does it again, by a date counted from today. The whole history stays.",
        (
            Field("reason", "text", "重开理由", "Reason"),
            Field("due_date", "date", "整改期限", "Due date", required=False),
        ),
    ),
    Transition(
        "archive",
        frozenset({S.WRITTEN_OFF}),
        S.ARCHIVED,
        C.WRITE_OFF_PROBLEM,
        Party.OFFICE,
        "归档",
        "Archive",
        "案卷归档；数字仍计为已销号，如有反弹仍可重开。",
        "Closes the file; it still counts as written off, and can be reopened after a relapse.",
        (Field("reason", "text", "归档意见", "Remark"),),
        needs=(Fact.NOT_SUSPECTED,),
        aside=True,
    ),
)
