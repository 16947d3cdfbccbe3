"""The reasons, in words: each change, hold and kept thing says where it comes from."""

from dataclasses import dataclass

from policy.merge.plan import CourseRef
from policy.merge.records import Base, Desired, Wanted
from policy.rules.model import Policy


@dataclass(frozen=True, slots=True)
class Reasons:
    """Words for one school's records, with the policy's lines."""

    policy: Policy
    school_key: str
    school: str

    def rule(self, field: str, value: str) -> str:
        """A policy's field, its value and its line."""
        return f"{field}: {value} ({self.line(field)})"

    def place(self, field: str) -> str:
        """A policy's field and its line."""
        return f"{field}, {self.line(field)}"

    def line(self, field: str) -> str:
        return self.policy.line_of(field, self.school_key, self.school)

    def course(self, desired: Desired, base: Base | None) -> CourseRef:
        """How a plan names the course: as the teacher has it is told elsewhere."""
        return CourseRef(
            alias=desired.alias,
            id=base.course_id if base else None,
            name=desired.fields.name,
            school_key=self.school_key,
            school=self.school,
        )

    def section(self, desired: Desired) -> str:
        are = "are" if desired.section_keys else "is"
        return f"{desired.named} {are} in scope ({desired.row})"

    def listed(self, wanted: Wanted, desired: Desired) -> str:
        if not wanted.person_key:
            return f"the policy puts them into {desired.named} ({wanted.row})"
        section = wanted.section_key or desired.section_key
        return f"{wanted.row} lists them in section {section}"

    def not_listed(self, desired: Desired) -> str:
        return f"the roster no longer lists them in {desired.named} ({desired.row})"
