"""What every kind of import shares: the basin, the actor's areas, the result, and how a row is saved."""

from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from riverkit.network import Network

from riverchief.accounts.models import Area
from riverchief.accounts.policies import allows
from riverchief.accounts.roles import Capability
from riverchief.base.actions import Actor
from riverchief.registry.importing.result import ImportResult, Progress
from riverchief.registry.importing.values import BadValue
from riverchief.registry.models import Basin
from riverchief.registry.networks import network_of


def _repeated(row: models.Model) -> BadValue | None:
    """What to say where another row has a value that only one may have."""
    try:
        row.validate_unique()
    except ValidationError as error:
        name = next(iter(error.message_dict))
        value = getattr(row, name)
        return BadValue(
            name,
            f"“{value}”已属于另一条记录。|“{value}” belongs to another record already.",
            "请改正，或先修改那条记录。|Correct it, or change that record first.",
        )
    return None


def _refused(error: IntegrityError) -> BadValue:
    detail = str(error).splitlines()[-1].strip()
    return BadValue(
        "",
        f"数据库拒绝了此行：{detail}|The database refused the row: {detail}",
        "请检查是否与其他记录冲突。|Check whether it contradicts another row.",
    )


@dataclass
class Context:
    """An import under way."""

    basin: Basin
    actor: Actor
    result: ImportResult
    progress: Progress

    @cached_property
    def areas(self) -> dict[str, Area]:
        """All areas by code."""
        return {area.code: area for area in Area.objects.all()}

    @cached_property
    def network(self) -> Network:
        """The network of the basin."""
        return network_of(self.basin.pk)

    def area(self, code: str, field: str = "area") -> Area:
        """An area of that code in which the actor may import."""
        area = self.areas.get(code)
        if area is None:
            raise BadValue(
                field,
                f"没有代码为“{code}”的行政区。|There is no area with the code “{code}”.",
                "请核对行政区划代码。|Check the code of the area.",
            )
        self.check_area(area, field)
        return area

    def check_area(self, area: Area | None, field: str = "area") -> None:
        """Refuse an area in which the actor may not import; no area at all needs the top."""
        if self.may_import_in(area):
            return
        where = "未指明行政区" if area is None else f"“{area.name_zh}”不在您的管辖范围内"
        where_en = "no area is named" if area is None else f"“{area.name_en}” is not in your area"
        raise BadValue(
            field,
            f"{where}。|The row cannot be yours: {where_en}.",
            "请改正行政区，或请上级导入。|Correct the area, or ask the level above to import it.",
        )

    def may_import_in(self, area: Area | None) -> bool:
        """Whether the actor may import into an area; into none only at the top of the tree."""
        if area is not None:
            return allows(self.actor, Capability.IMPORT_REGISTRY, area.path)
        tops = [one.path for one in self.areas.values() if one.parent_id is None]
        return (not tops and allows(self.actor, Capability.IMPORT_REGISTRY)) or any(
            allows(self.actor, Capability.IMPORT_REGISTRY, path) for path in tops
        )

    def save(self, row: int, existing: models.Model | None, fresh: models.Model, fields: list[str]) -> None:
        """Create `fresh`, or bring `existing` up to it in `fields`; count which, and tell what the database refuses."""
        try:
            with transaction.atomic():
                if existing is None:
                    fresh.save(force_insert=True)
                    self.result.created += 1
                    return
                changed = [name for name in fields if getattr(existing, name) != getattr(fresh, name)]
                for name in changed:
                    setattr(existing, name, getattr(fresh, name))
                if changed:
                    existing.save(update_fields=changed)
                    self.result.updated += 1
                else:
                    self.result.unchanged += 1
        except IntegrityError as error:
            self.tell(row, _repeated(fresh if existing is None else existing) or _refused(error))

    def tell(self, row: int, error: BadValue) -> None:
        """A bad value becomes a row error."""
        self.result.refuse(row, error.field, error.message, error.cure)
