"""Who sees what of a trace.

A trace is seen where its event is: where the event began, where it reached a station, and where the clue from it is
held. Of its candidates a person sees those that lie in their own areas: whoever is suspected elsewhere must not be
known here, by name, code or place. What lies outside is a share of the probability and nothing more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from riverchief.accounts.models import User
from riverchief.accounts.policies import require, scope
from riverchief.accounts.roles import Capability
from riverchief.monitor.concern import events_concerning
from riverchief.monitor.models import Event
from riverchief.trace.codes import NAMES_NOBODY
from riverchief.trace.models import Trace, TraceCandidate

PLACED = ("outfall__area", "reach__area")
"""What `View` needs of a candidate, for `select_related`."""


def visible_traces(user: User) -> "QuerySet[Trace]":
    """The traces that `user` may see; `PermissionRefused` for whoever may see none anywhere."""
    require(user, Capability.VIEW_TRACE)
    paths = scope(user, Capability.VIEW_TRACE)
    concerning = Event.objects.filter(events_concerning(paths))
    rows = Trace.objects.filter(event__in=concerning.values("pk"))
    return rows.annotate(unveiled=unveiled_to(paths))  # type: ignore[no-redef]


def unveiled_to(paths: Iterable[str]) -> Q:
    """Whether a trace has found its suspects and all of them lie in areas at `paths`; to annotate traces with.

    As `View.sees` has it, in the database.
    """
    area = Coalesce("outfall__area__path", "reach__area__path", "trace__event__area__path")
    covered = reduce(or_, (Q(area_path__startswith=path) for path in paths), Q(kind__in=NAMES_NOBODY))
    found = TraceCandidate.objects.filter(trace=OuterRef("pk")).annotate(area_path=area)
    return Exists(found) & ~Exists(found.exclude(covered))


def words_of(author: User, text: str, reader: User, trace: Trace) -> str:
    """What somebody wrote about a trace: for its author and for whoever sees all its suspects; nothing for others.

    People's own words may name anybody whom they know to be suspected.
    """
    return text if trace.unveiled or author == reader else ""


@dataclass(frozen=True)
class View:
    """What somebody sees of the traces of one event: the paths of their areas, and that of the event's."""

    reader: User
    paths: tuple[str, ...]
    event_path: str

    @classmethod
    def of(cls, user: User, event: Event, capability: Capability = Capability.VIEW_TRACE) -> "View":
        """The view of a person, over the areas in which they have `capability`."""
        return cls(user, tuple(scope(user, capability)), event.area.path)

    def covers(self, path: str) -> bool:
        """Whether an area lies in those of the person."""
        return path.startswith(self.paths)

    def sees(self, row: TraceCandidate) -> bool:
        """Whether the candidate lies in the person's areas; a place of no known area counts as of the event's."""
        if row.kind in NAMES_NOBODY:
            return True
        area = (row.outfall and row.outfall.area) or (row.reach and row.reach.area)
        return self.covers(area.path if area else self.event_path)

    def sees_all(self, rows: Iterable[TraceCandidate]) -> bool:
        """Whether nothing of a trace is kept from the person."""
        return all(map(self.sees, rows))
