"""Everything that changes meters, announced stops, and spans worth a look."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import IntegrityError, transaction
from riverkit.protocols.hj212 import factor_of
from riverkit.protocols.sl651 import element_named

from riverchief.accounts.models import User
from riverchief.accounts.policies import require, require_person
from riverchief.accounts.roles import Capability
from riverchief.base import clock
from riverchief.base.actions import Action, SystemAction
from riverchief.base.errors import InvalidInput, NotFound, StateRefused
from riverchief.monitor.importing.measured import others
from riverchief.monitor.moments import check_within_a_year
from riverchief.monitor.power.lines import Found
from riverchief.monitor.power.models import IdleTreatment, PlannedStop, PowerMeter
from riverchief.monitor.series import moment
from riverchief.registry.importing.parameters import parameter_of
from riverchief.registry.models import Outfall, Station

LONGEST_STOP = timedelta(days=92)
LEAST_DRAWN, MOST_DRAWN = 0.001, 1_000_000.0
"""What a line of a works may draw at least when it runs: from a watt, read in kW, to a gigawatt, or to a megawatt read in W."""
_PARAMETERS = ("power", "current")
UNITS = ("W", "kW", "MW", "mA", "A")
"""What a code of a device's own may count in: power or current."""
_LONGEST_REASON = 300


@dataclass(kw_only=True)
class _AtOutfall(Action[PowerMeter | PlannedStop]):
    """Something entered for an outfall by a person who may do so there."""

    capability: ClassVar[Capability]
    outfall_id: int
    outfall: Outfall = field(init=False, repr=False)

    def load(self) -> None:
        """The outfall, locked."""
        rows = Outfall.objects.select_for_update(of=("self",)).select_related("area")
        found = rows.filter(pk=self.outfall_id).first()
        if found is None:
            raise NotFound(f"没有编号为 {self.outfall_id} 的排污口。|There is no outfall {self.outfall_id}.")
        self.outfall = found

    def check_permission(self) -> None:
        """In the area of the outfall, as a person."""
        require(self.actor, self.capability, self.outfall.area.path)
        require_person(self.actor)


@dataclass(kw_only=True)
class RegisterPowerMeter(_AtOutfall):
    """Say that a parameter of a station is the power of a line of the works behind an outfall."""

    name: ClassVar[str] = "power.register_meter"
    capability: ClassVar[Capability] = Capability.MANAGE_STATIONS
    station_id: int
    parameter: str
    unit: str = ""
    line: str
    name_zh: str
    name_en: str
    runs_from: float
    station: Station = field(init=False, repr=False)

    def load(self) -> None:
        """Outfall and station."""
        super().load()
        found = Station.objects.filter(pk=self.station_id, active=True).first()
        if found is None:
            raise NotFound(
                f"没有编号为 {self.station_id} 的在用点位。|There is no station {self.station_id} in use."
            )
        self.station = found

    def check_state(self) -> None:
        """A station of this outfall; a line that is known; something that it draws."""
        if self.station.outfall_id != self.outfall.pk:
            raise InvalidInput(
                "该点位不属于此排污口。|The station does not belong to this outfall.",
                cure="请先在台账中将点位登记到排污口。|Register the station with the outfall first.",
                field="station_id",
            )
        if self.line not in PowerMeter.Line.values:
            raise InvalidInput(
                f"没有“{self.line}”这类用电设施。|There is no line “{self.line}”.",
                cure="可用：production、treatment。|Use production or treatment.",
                field="line",
            )
        if not LEAST_DRAWN <= self.runs_from <= MOST_DRAWN:
            raise InvalidInput(
                f"运行起点须在 {LEAST_DRAWN:g} 与 {MOST_DRAWN:,.0f} 之间（单位同读数）。"
                f"|What the line draws when it runs must lie between {LEAST_DRAWN:g} and {MOST_DRAWN:,.0f}, in the unit of its readings.",
                cure="请填写铭牌或调试时测得的数值。|Take it from the plate, or from putting the meter in.",
                field="runs_from",
            )
        for given, longest, name in (
            (self.parameter, 40, "parameter"),
            (self.name_zh, 60, "name_zh"),
            (self.name_en, 60, "name_en"),
        ):
            if not 0 < len(given.strip()) <= longest or not given.isprintable():
                raise InvalidInput(
                    f"须为 1 至 {longest} 字。|1 to {longest} characters are needed.", field=name
                )
        self.parameter, self.unit = checked_parameter(self.parameter, self.unit)

    def execute(self) -> PowerMeter:
        """Register it; a parameter of a station is one meter."""
        assert isinstance(self.actor, User)  # checked
        row = PowerMeter(
            outfall=self.outfall,
            station=self.station,
            parameter=self.parameter,
            unit=self.unit,
            line=self.line,
            name_zh=self.name_zh.strip(),
            name_en=self.name_en.strip(),
            runs_from=self.runs_from,
            registered_by=self.actor,
            registered_at=clock.now(),
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise StateRefused(
                "该参数已登记为用电监控点。|This parameter of the station is a meter already.",
                cure="请先停用原监控点。|Retire the other one first.",
            ) from error
        self.log(
            f"outfall:{self.outfall.pk}",
            meter=row.pk,
            station=self.station.code,
            parameter=row.parameter,
            unit=row.unit,
            line=row.line,
            runs_from=row.runs_from,
        )
        return row


@dataclass(kw_only=True)
class RetirePowerMeter(Action[PowerMeter]):
    """A meter was taken away: it says nothing any more."""

    name: ClassVar[str] = "power.retire_meter"
    meter_id: int
    row: PowerMeter = field(init=False, repr=False)

    def load(self) -> None:
        """The meter, locked."""
        rows = PowerMeter.objects.select_for_update(of=("self",)).select_related("outfall__area")
        found = rows.filter(pk=self.meter_id).first()
        if found is None:
            raise NotFound(
                f"没有编号为 {self.meter_id} 的用电监控点。|There is no power meter {self.meter_id}."
            )
        self.row = found

    def check_permission(self) -> None:
        """Whoever manages the stations there."""
        require(self.actor, Capability.MANAGE_STATIONS, self.row.outfall.area.path)

    def check_state(self) -> None:
        """Once."""
        if self.row.retired_at is not None:
            raise StateRefused("该监控点已停用。|The meter is retired already.")

    def execute(self) -> PowerMeter:
        """Retire it."""
        self.row.retired_at = clock.now()
        self.row.save(update_fields=["retired_at"])
        self.log(f"outfall:{self.row.outfall_id}", meter=self.row.pk, retired=True)
        return self.row


@dataclass(kw_only=True)
class AnnounceStop(_AtOutfall):
    """Enter that the treatment at an outfall is to stand still, as was announced, and why."""

    name: ClassVar[str] = "power.announce_stop"
    capability: ClassVar[Capability] = Capability.RECORD_STOP
    starts_at: datetime
    ends_at: datetime
    reason: str

    def check_state(self) -> None:
        """About now, in order, not endless, for a reason."""
        check_within_a_year(self.starts_at, "starts_at")
        if not self.starts_at < self.ends_at <= self.starts_at + LONGEST_STOP:
            raise InvalidInput(
                f"停运须先起后止，不超过 {LONGEST_STOP.days} 天。|A stop ends after it starts, {LONGEST_STOP.days} days later at most.",
                cure="请改正时间。|Correct the times.",
                field="ends_at",
            )
        self.reason = checked_reason(self.reason)

    def execute(self) -> PlannedStop:
        """Write it."""
        assert isinstance(self.actor, User)  # checked
        row = PlannedStop.objects.create(
            outfall=self.outfall,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason=self.reason,
            entered_by=self.actor,
            entered_at=clock.now(),
        )
        self.log(
            row.chain,
            outfall=self.outfall.code,
            starts_at=row.starts_at.isoformat(),
            ends_at=row.ends_at.isoformat(),
            reason=row.reason,
        )
        return row


@dataclass(kw_only=True)
class WithdrawStop(Action[PlannedStop]):
    """An announced stop was entered wrongly, or called off: it excuses nothing any more."""

    name: ClassVar[str] = "power.withdraw_stop"
    stop_id: int
    reason: str
    row: PlannedStop = field(init=False, repr=False)

    def load(self) -> None:
        """The stop, locked."""
        rows = PlannedStop.objects.select_for_update(of=("self",)).select_related("outfall__area")
        found = rows.filter(pk=self.stop_id).first()
        if found is None:
            raise NotFound(f"没有编号为 {self.stop_id} 的计划停运。|There is no planned stop {self.stop_id}.")
        self.row = found

    def check_permission(self) -> None:
        """As for entering one."""
        require(self.actor, Capability.RECORD_STOP, self.row.outfall.area.path)
        require_person(self.actor)

    def check_state(self) -> None:
        """Once, for a reason."""
        if self.row.withdrawn_at is not None:
            raise StateRefused("该计划停运已撤回。|This stop has been withdrawn.")
        self.reason = checked_reason(self.reason)

    def execute(self) -> PlannedStop:
        """Mark it."""
        assert isinstance(self.actor, User)  # checked
        row = self.row
        row.withdrawn_by, row.withdrawn_at, row.withdrawn_reason = self.actor, clock.now(), self.reason
        row.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
        self.log(row.chain, withdrawn_reason=self.reason)
        return row


@dataclass(kw_only=True)
class TellIdleTreatment(SystemAction[IdleTreatment]):
    """Keep a span worth a look, and tell whoever may see clues."""

    name: ClassVar[str] = "power.tell"
    outfall: Outfall
    found: Found
    rules_version: str

    def execute(self) -> IdleTreatment:
        """Write it; announce it, restricted."""
        found = self.found
        row = IdleTreatment.objects.create(
            outfall=self.outfall,
            kind=found.kind,
            started_at=moment(found.span[0]),
            known_to=moment(found.span[1]),
            ended=not found.goes_on,
            treatment=found.treatment,
            normal=found.normal,
            unit=found.unit,
            rules_version=self.rules_version,
            told_at=clock.now(),
        )
        self.log(row.chain, outfall=self.outfall.code, kind=row.kind, started_at=row.started_at.isoformat())
        self.announce(
            "monitor.idle_treatment", area=self.outfall.area.path, restricted=True, idle_treatment_id=row.pk
        )
        return row


@dataclass(kw_only=True)
class ReviseIdleTreatment(SystemAction[IdleTreatment]):
    """The span has grown, shrunk or ended."""

    name: ClassVar[str] = "power.revise"
    row: IdleTreatment
    found: Found

    def execute(self) -> IdleTreatment:
        """Write what it is now."""
        row, found = self.row, self.found
        row.started_at, row.known_to = moment(found.span[0]), moment(found.span[1])
        row.ended, row.treatment = not found.goes_on, found.treatment
        row.save(update_fields=["started_at", "known_to", "ended", "treatment"])
        self.log(row.chain, known_to=row.known_to.isoformat(), ended=row.ended)
        return row


@dataclass(kw_only=True)
class DropIdleTreatment(SystemAction[IdleTreatment]):
    """What a span rested on fell away: a stop was announced after all, or readings were corrected."""

    name: ClassVar[str] = "power.drop"
    row: IdleTreatment

    def execute(self) -> IdleTreatment:
        """Mark it; it was told, and stays readable."""
        self.row.dropped_at = clock.now()
        self.row.save(update_fields=["dropped_at"])
        self.log(self.row.chain, dropped_at=self.row.dropped_at.isoformat())
        return self.row


def checked_parameter(text: str, unit: str) -> tuple[str, str]:
    """The name that readings of power or current have, and their unit: ours and a current of SL 651, which have their own; or
    the device's own code, which means nothing else that we know, and whose unit must be said."""
    name, given = text.strip(), unit.strip()
    known = parameter_of(name, others())
    # SL 651 calls the rain of two hours P2, in capitals: a device's own p2 is none of its symbols.
    element = element_named(name)
    own = known.unit if known and known.key in _PARAMETERS else element.unit if element else ""
    if own in UNITS:
        if given not in ("", own):
            raise InvalidInput(
                f"“{name}”的读数单位为 {own}。|Readings of “{name}” are in {own}.",
                cure="请勿另填单位；运行起点也用此单位。|Give no other unit; what the line draws is in this one too.",
                field="unit",
            )
        return known.key if known else name, own
    if known is not None or factor_of(name) is not None or element is not None:
        raise InvalidInput(
            f"“{name}”不是用电参数。|“{name}” is no reading of power or current.",
            cure="可用：power（有功功率）、current（电流），或设备自有的用电代码。"
            "|Use power, current, or the device's own code for one of them.",
            field="parameter",
        )
    if given not in UNITS:
        raise InvalidInput(
            f"设备自有代码“{name}”须写明单位。|The device's own code “{name}” needs its unit.",
            cure=f"可用：{'、'.join(UNITS)}（命令行：--unit）。|Use one of: {', '.join(UNITS)} (at the command line: --unit).",
            field="unit",
        )
    return name, given


def checked_reason(text: str) -> str:
    """A reason of 1 to 300 characters."""
    reason = text.strip()
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise InvalidInput(
            f"原因须为 1 至 {_LONGEST_REASON} 字。|A reason of 1 to {_LONGEST_REASON} characters is needed.",
            cure="请写明原因。|Say why.",
            field="reason",
        )
    return reason
