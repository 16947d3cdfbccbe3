"""Which method of Google's does what here; a method that isn't in this table is answered 501."""

from collections.abc import Mapping

from policy.simulator import (
    aliases,
    courses,
    directory,
    groups,
    licensing,
    members,
    profiles,
    reports,
)
from policy.simulator.state import Role
from policy.simulator.world import Handler

HANDLERS: Mapping[str, Handler] = {
    "classroom.courses.create": courses.create,
    "classroom.courses.get": courses.get,
    "classroom.courses.list": courses.list_courses,
    "classroom.courses.patch": courses.patch,
    "classroom.courses.update": courses.update,
    "classroom.courses.delete": courses.delete,
    "classroom.courses.aliases.create": aliases.create,
    "classroom.courses.aliases.list": aliases.list_aliases,
    "classroom.courses.aliases.delete": aliases.delete,
    "classroom.courses.teachers.create": members.creator(Role.TEACHER),
    "classroom.courses.teachers.get": members.getter(Role.TEACHER),
    "classroom.courses.teachers.list": members.lister(Role.TEACHER, "teachers"),
    "classroom.courses.teachers.delete": members.remover(Role.TEACHER),
    "classroom.courses.students.create": members.creator(Role.STUDENT),
    "classroom.courses.students.get": members.getter(Role.STUDENT),
    "classroom.courses.students.list": members.lister(Role.STUDENT, "students"),
    "classroom.courses.students.delete": members.remover(Role.STUDENT),
    "classroom.userProfiles.get": profiles.get,
    "directory.users.list": directory.list_users,
    "directory.users.get": directory.get_user,
    "directory.members.hasMember": groups.has_member,
    "reports.activities.list": reports.list_activities,
    "licensing.licenseAssignments.listForProduct": licensing.list_assignments,
    "licensing.licenseAssignments.listForProductAndSku": licensing.list_assignments,
}
