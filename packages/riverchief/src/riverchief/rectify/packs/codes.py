"""The code tables of inspection packs: who they are for, how they stand, what can be missing."""

from django.db.models import TextChoices

from riverchief.base.codes import code_rows


class PackAudience(TextChoices):
    """Who reads it."""

    INSPECTORS = "inspectors"
    DISTRICT = "district"


class PackState(TextChoices):
    """How far it is; what is `removed` was made and its file is kept no longer."""

    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"
    REMOVED = "removed"


class GapKind(TextChoices):
    """What is missing."""

    CHAIN_BROKEN = "chain_broken"
    FILE_MISSING = "file_missing"
    NO_DEADLINE = "no_deadline"
    NO_CHIEF = "no_chief"
    ORDER_NOT_SIGNED_FOR = "order_not_signed_for"
    RECTIFIED_WITHOUT_EVIDENCE = "rectified_without_evidence"
    NOT_VERIFIED = "not_verified"
    VERIFIED_WITHOUT_PHOTO = "verified_without_photo"
    PHOTO_WITHOUT_TIME = "photo_without_time"
    PHOTO_WITHOUT_POSITION = "photo_without_position"
    RELAPSE_NOT_JUDGED = "relapse_not_judged"
    LETTER_NOT_SIGNED_FOR = "letter_not_signed_for"
    LETTER_WITHOUT_REPLY = "letter_without_reply"
    OUTFALL_WITHOUT_ENTITY = "outfall_without_entity"
    OUTFALL_WITHOUT_PERMIT = "outfall_without_permit"
    CAMPAIGN_WITHOUT_EDITION = "campaign_without_edition"


AUDIENCES = {
    PackAudience.INSPECTORS: ("迎检全本", "For inspectors"),
    PackAudience.DISTRICT: ("区县副本", "Copy for a district"),
}

STATES = {
    PackState.QUEUED: ("正在生成", "Being made"),
    PackState.DONE: ("已生成", "Made"),
    PackState.FAILED: ("未能生成", "Not made"),
    PackState.REMOVED: ("文件已清除", "File removed"),
}

GAPS = {
    GapKind.CHAIN_BROKEN: ("日志链断裂", "The chain of the log is broken"),
    GapKind.FILE_MISSING: ("证据文件缺失或被改动", "A file of evidence is missing or was changed"),
    GapKind.NO_DEADLINE: ("无整改期限", "No deadline"),
    GapKind.NO_CHIEF: ("无责任河长", "No river chief"),
    GapKind.ORDER_NOT_SIGNED_FOR: ("交办单未签收", "Order never signed for"),
    GapKind.RECTIFIED_WITHOUT_EVIDENCE: ("上报整改无证据", "Reported as rectified without evidence"),
    GapKind.NOT_VERIFIED: ("上报整改未核查", "Reported as rectified, verified by nobody"),
    GapKind.VERIFIED_WITHOUT_PHOTO: ("核查无照片", "Verified without a photo"),
    GapKind.PHOTO_WITHOUT_TIME: ("照片无拍摄时间", "Photo without a time"),
    GapKind.PHOTO_WITHOUT_POSITION: ("照片无位置", "Photo without a position"),
    GapKind.RELAPSE_NOT_JUDGED: ("疑似反弹未判断", "Suspected relapse that nobody has judged"),
    GapKind.LETTER_NOT_SIGNED_FOR: ("公文未签收", "Letter not signed for"),
    GapKind.LETTER_WITHOUT_REPLY: ("公文未答复", "Letter without a reply"),
    GapKind.OUTFALL_WITHOUT_ENTITY: (
        "排口未认定责任主体",
        "Outfall for which nobody is decided to be responsible",
    ),
    GapKind.OUTFALL_WITHOUT_PERMIT: (
        "登记为持证、但无有效许可证的排口",
        "Outfall registered as permitted, without a permit in force",
    ),
    GapKind.CAMPAIGN_WITHOUT_EDITION: ("行动无定稿数字", "Campaign without signed figures"),
}


TABLES = {
    "pack_audiences": code_rows(AUDIENCES),
    "pack_states": code_rows(STATES),
    "pack_gaps": code_rows(GAPS),
}
