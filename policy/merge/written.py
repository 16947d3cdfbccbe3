"""What earlier runs wrote, as the journal tells it: what is looked back at, and taken back."""

from dataclasses import dataclass
from datetime import datetime

from policy.merge.plan import Kind
from policy.merge.records import Fields

ADDITIONS = (Kind.TEACHER_ADD, Kind.STUDENT_ADD)
TEACHER_SEATS = (Kind.TEACHER_ADD, Kind.TEACHER_REMOVE)
STUDENT_SEATS = (Kind.STUDENT_ADD, Kind.STUDENT_REMOVE)
SEATS = TEACHER_SEATS + STUDENT_SEATS
DONE, UNANSWERED, HEARD = "done", "sent", "heard"  # as the journal's entries have it


@dataclass(frozen=True, slots=True)
class Written:
    """One write of a run. `state` is the entry's: done, sent, heard, refused, later. `user` is the
    person's Google id; `made` are the texts of a course that was made."""

    run_id: str
    number: int
    alias: str
    kind: Kind
    state: str
    at: datetime
    section: str
    school_key: str
    course_id: str | None = None
    user: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    made: Fields | None = None
    why: tuple[str, ...] = ()
    reason: str = ""  # Google's words, where it refused

    @property
    def record(self) -> str:
        """What of its course it was about, in the words under which the store keeps it."""
        if self.kind in TEACHER_SEATS:
            return f"teacher:{self.user}"
        if self.kind in STUDENT_SEATS:
            return f"student:{self.user}"
        if self.kind is Kind.COURSE_OWNER:
            return "owner"
        if self.kind is Kind.COURSE_UPDATE:
            return self.field
        return "state" if self.kind in (Kind.COURSE_ARCHIVE, Kind.COURSE_RESTORE) else "course"

    @property
    def may_be_so(self) -> bool:
        """Did it happen, or may it have, as what Classroom has now will tell?"""
        return self.state in (DONE, HEARD)
