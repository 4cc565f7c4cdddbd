"""A column type that Django lacks: PostgreSQL's `box`, for "what lies in this window of the map"."""

from typing import Any

from django.db import models

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


class BoxField(models.Field):  # type: ignore[type-arg]  # Django itself has no generic Field
    """West, south, east, north as a native `box`, so that a GiST index answers `bounds__overlaps=window`."""

    description = "Longitude and latitude bounds"

    def db_type(self, connection: Any) -> str:
        """The column type."""
        return "box"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Bounds | None:
        """PostgreSQL writes the upper right corner first: (e,n),(w,s)."""
        if value is None:
            return None
        east, north, west, south = (
            float(part) for part in value.replace("(", "").replace(")", "").split(",")
        )
        return west, south, east, north

    def get_prep_value(self, value: Bounds | None) -> str | None:
        """The literal of a box."""
        if value is None:
            return None
        west, south, east, north = (float(part) for part in value)
        return f"({east!r},{north!r}),({west!r},{south!r})"


@BoxField.register_lookup
class Overlaps(models.Lookup):
    """Two boxes share at least a point."""

    lookup_name = "overlaps"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """`left && right`, which the GiST index serves."""
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left} && {right}::box", (*left_parameters, *right_parameters)
