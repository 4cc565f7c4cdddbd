"""Changes to permits: a term of one (the first registers it, later ones renew it), and a permit outlet with its mouths."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from riverchief.accounts.models import Organisation
from riverchief.accounts.policies import require
from riverchief.accounts.roles import Capability
from riverchief.base.actions import Action
from riverchief.base.errors import InvalidInput, NotFound
from riverchief.registry.models import Outfall, OutletMouth, Permit, PermitOutlet, PermitTerm


def _filled(value: str, name: str, longest: int) -> str:
    text = value.strip()
    if not 0 < len(text) <= longest:
        raise InvalidInput(
            f"须为 1–{longest} 个字符。|It must have 1 to {longest} characters.",
            cure="请改正。|Correct it.",
            field=name,
        )
    return text


@dataclass(kw_only=True)
class SavePermitTerm(Action[PermitTerm]):
    """Write down for how long a permit holds; the first term of a number registers the permit with its holder.

    A number belongs to one holder: it is made of the holder's credit code.
    """

    name: ClassVar[str] = "permit.save_term"
    number: str
    holder_id: int
    valid_from: date
    valid_to: date
    kind: str
    source: str
    permit: Permit | None = field(init=False, repr=False)
    holder: Organisation = field(init=False, repr=False)

    def load(self) -> None:
        """The permit, where it is there, and who holds it."""
        holder = Organisation.objects.select_related("area").filter(pk=self.holder_id).first()
        if holder is None:
            raise NotFound(f"没有编号为 {self.holder_id} 的单位。|There is no organisation {self.holder_id}.")
        self.holder = holder
        rows = Permit.objects.select_for_update(of=("self",)).select_related("holder__area")
        self.permit = rows.filter(number=self.number.strip()).first()

    def check_permission(self) -> None:
        """Whoever keeps the registry where the holder is."""
        require(self.actor, Capability.MANAGE_REGISTRY, self.holder.area.path)
        if self.permit is not None:
            require(self.actor, Capability.MANAGE_REGISTRY, self.permit.holder.area.path)

    def check_state(self) -> None:
        """The same holder, days in order, no two terms at one time."""
        self.number = _filled(self.number, "number", 60)
        self.source = _filled(self.source, "source", 200)
        if self.kind not in PermitTerm.Kind.values:
            raise InvalidInput(
                f"“{self.kind}”不在代码表中。|“{self.kind}” is not in the code table.",
                cure=f"可用：{'、'.join(PermitTerm.Kind.values)}|Use one of: {', '.join(PermitTerm.Kind.values)}",
                field="kind",
            )
        if self.valid_to < self.valid_from:
            raise InvalidInput(
                "有效期止早于有效期起。|The last day is before the first.",
                cure="请核对日期。|Check both days.",
                field="valid_to",
            )
        if self.permit is None:
            return
        if self.permit.holder_id != self.holder.pk:
            raise InvalidInput(
                f"许可证 {self.number} 属于{self.permit.holder.name_zh}。"
                f"|Permit {self.number} is that of {self.permit.holder.name_en}.",
                cure="请核对编号：一个编号只属于一个持证单位。|Check the number: it belongs to one holder only.",
                field="number",
            )
        others = self.permit.terms.exclude(valid_from=self.valid_from)
        clash = others.filter(valid_from__lte=self.valid_to, valid_to__gte=self.valid_from).first()
        if clash is not None:
            raise InvalidInput(
                f"与已有的有效期 {clash.valid_from} 至 {clash.valid_to} 重叠。"
                f"|It overlaps with the term from {clash.valid_from} to {clash.valid_to}.",
                cure="请核对日期，或先改正那一期。|Check the days, or correct that term first.",
                field="valid_from",
            )

    def execute(self) -> PermitTerm:
        """Write it."""
        permit = self.permit or Permit.objects.create(number=self.number, holder=self.holder)
        term, _ = PermitTerm.objects.update_or_create(
            permit=permit,
            valid_from=self.valid_from,
            defaults={"valid_to": self.valid_to, "kind": self.kind, "source": self.source},
        )
        self.log(
            permit.chain,
            number=permit.number,
            holder=self.holder.pk,
            kind=self.kind,
            valid_from=self.valid_from.isoformat(),
            valid_to=self.valid_to.isoformat(),
            source=self.source,
        )
        return term


@dataclass(kw_only=True)
class SavePermitOutlet(Action[PermitOutlet]):
    """Write down a permit outlet, and all the mouths it ends in; several outlets may share a mouth."""

    name: ClassVar[str] = "permit.save_outlet"
    permit_id: int
    code: str
    name_zh: str = ""
    outfall_codes: Sequence[str]
    permit: Permit = field(init=False, repr=False)
    mouths: list[Outfall] = field(init=False, repr=False)

    def load(self) -> None:
        """The permit, locked, and the mouths."""
        rows = Permit.objects.select_for_update(of=("self",)).select_related("holder__area")
        permit = rows.filter(pk=self.permit_id).first()
        if permit is None:
            raise NotFound(f"没有编号为 {self.permit_id} 的许可证。|There is no permit {self.permit_id}.")
        self.permit = permit
        codes = [code.strip() for code in self.outfall_codes if code.strip()]
        self.mouths = list(Outfall.objects.filter(code__in=codes).select_related("area").order_by("code"))
        missing = sorted(set(codes) - {row.code for row in self.mouths})
        if missing:
            raise InvalidInput(
                f"没有排污口 {'、'.join(missing)}。|There is no outfall {', '.join(missing)}.",
                cure="请先导入排污口，或改正编码。|Import the outfalls first, or correct the code.",
                field="outfall",
            )

    def check_permission(self) -> None:
        """Whoever keeps the registry where the holder is, and where the mouths are."""
        require(self.actor, Capability.MANAGE_REGISTRY, self.permit.holder.area.path)
        for mouth in self.mouths:
            require(self.actor, Capability.MANAGE_REGISTRY, mouth.area.path)

    def check_state(self) -> None:
        """A mouth that limits of this outlet are for stays one of it."""
        self.code = _filled(self.code, "outlet", 20)
        self.name_zh = self.name_zh.strip()[:120]
        bound = Outfall.objects.filter(
            permit_limits__outlet__permit=self.permit, permit_limits__outlet__code=self.code
        ).exclude(pk__in=[row.pk for row in self.mouths])
        if (mouth := bound.first()) is not None:
            raise InvalidInput(
                f"该排放口在 {mouth.code} 有限值。|The outlet has limits at {mouth.code}.",
                cure="请保留这个入河排污口，或先删去其限值。|Keep that mouth, or take its limits away first.",
                field="outfall",
            )

    def execute(self) -> PermitOutlet:
        """Write it."""
        outlet, _ = PermitOutlet.objects.update_or_create(
            permit=self.permit, code=self.code, defaults={"name_zh": self.name_zh}
        )
        outlet.ends.exclude(outfall__in=self.mouths).delete()
        for mouth in self.mouths:
            OutletMouth.objects.get_or_create(outlet=outlet, outfall=mouth)
        self.log(self.permit.chain, outlet=self.code, mouths=[row.code for row in self.mouths])
        return outlet
