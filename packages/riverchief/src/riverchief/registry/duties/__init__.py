"""Duties 职责: who answers for a river, a reach, a lake or a whole area, from when to when."""
