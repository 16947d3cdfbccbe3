"""A course of ours in the store's words and in the merge's, and the way from one to the other."""

from policy.merge.records import TOGETHER, Base, Fields, Head, State
from policy.store.base import BaseCourse, CourseHead


def base_record(row: BaseCourse) -> Base:
    """A base row, as courses are compared with it."""
    return Base(
        alias=row.alias,
        course_id=row.course_id,
        section_key=row.section_key,
        school_key=row.school_key,
        fields=Fields(row.name, row.section, row.room),
        owner=row.owner,
        teachers=row.teachers,
        students=row.students,
        kept=row.kept,
        leaving=row.leaving,
        former=row.former,
        state=State(row.state),
        ends=row.ends,
        read=row.read,
        settled=row.settled,
    )


def head_record(row: CourseHead | BaseCourse) -> Head:
    """A base row without its members."""
    return Head(
        alias=row.alias,
        course_id=row.course_id,
        section_key=row.section_key,
        school_key=row.school_key,
        fields=Fields(row.name, row.section, row.room),
        owner=row.owner,
        kept=row.kept,
        state=State(row.state),
        ends=row.ends,
        read=row.read,
        settled=row.settled,
    )


def base_row(base: Base) -> BaseCourse:
    """The row that keeps a base record."""
    return BaseCourse(
        alias=base.alias,
        course_id=base.course_id,
        section_key=base.section_key,
        school_key=base.school_key,
        name=base.fields.name,
        section=base.fields.section,
        room=base.fields.room,
        owner=base.owner,
        teachers=base.teachers,
        students=base.students,
        kept=base.kept,
        leaving=base.leaving,
        former=base.former,
        state=base.state.value,
        ends=base.ends,
        read=base.read,
        settled=base.settled,
    )


def sections_of(row: BaseCourse | CourseHead) -> tuple[str, ...]:
    """The own aliases of the sections that a course stands for, where they are several."""
    own = (record for record in row.kept if record.startswith(TOGETHER))
    return tuple(record.removeprefix(TOGETHER) for record in own)
