"""What can be set on the simulator: limits, faults, and what nobody has confirmed about Google.

One frozen value; `presets` has whole sets by name. docs/simulator.md has each switch with its
default and what is known about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Literal, Never, cast, get_args, get_origin, get_type_hints

from policy.errors import InputAtFault


@dataclass(frozen=True, slots=True)
class Switches:
    """The defaults are a calm day with Google's real quotas; times are in seconds of the clock."""

    # Quotas and limits, as Google documents them.
    enforce_quotas: bool = True
    quota_window: float = 60.0
    classroom_per_user: int = 1_200
    classroom_per_project: int = 3_000
    classroom_per_day: int = 4_000_000
    directory_per_user: int = 2_400
    reports_per_user: int = 2_400
    licensing_per_second: int = 1
    batch_limit: int = 50
    course_teachers: int = 50
    course_members: int = 1_000
    user_courses: int = 1_000
    user_joins_per_day: int = 0
    token_lifetime: float = 3_600.0

    # Google is not always at once where it says it is.
    new_course_hidden: float = 0.0
    new_course_hidden_rate: float = 1.0
    state_late: float = 0.0
    state_late_rate: float = 1.0
    owner_eligible_after: float = 0.0
    owner_transfer_takes: float = 0.0
    owner_invitation_rate: float = 0.0
    owner_invitation_lasts: float = 60.0
    fresh_account: float = 0.0
    fresh_account_rate: float = 1.0
    fresh_account_404_rate: float = 0.0
    deleted_course_listed: float = 0.0
    reports_lag: float = 0.0
    reports_shuffled: bool = False
    reports_lost_rate: float = 0.0

    # Faults. A rate is a chance from 0 to 1 for each call, from the seeded random numbers.
    create_aborted_rate: float = 0.0
    concurrent_creates: float = 0.0
    concurrent_create_rate: float = 1.0
    server_error_rate: float = 0.0
    server_error_lasts: float = 0.0
    error_after_rate: float = 0.0
    too_many_rate: float = 0.0
    too_many_lasts: float = 0.0
    not_today_rate: float = 0.0
    not_today_lasts: float = 86_400.0
    known_user_404_rate: float = 0.0
    course_not_found_rate: float = 0.0
    hang_up_first_rate: float = 0.0
    hang_up_rate: float = 0.0
    time_out_rate: float = 0.0
    time_out_lasts: float = 120.0
    slow_rate: float = 0.0
    slow_takes: float = 0.0
    delete_takes: float = 0.0
    batch_error_rate: float = 0.0
    lost_part_rate: float = 0.0
    shuffled_answers_rate: float = 0.0
    shuffle_batches: bool = True
    short_page_rate: float = 0.0
    empty_last_page: bool = False
    token_error_rate: float = 0.0
    token_error_lasts: float = 0.0
    token_refused_rate: float = 0.0
    token_refused_lasts: float = 0.0

    # Of some people and courses, always the same ones.
    email_missing_rate: float = 0.0
    license_missing_rate: float = 0.0
    foreign_members_hidden_rate: float = 0.0
    broken_course_rate: float = 0.0
    ownerless_broken_rate: float = 0.0

    # Not confirmed by any page or code that we know.
    errors_array: bool = True
    quota_details: bool = True
    retry_after: bool = False
    refused_calls_count: bool = False
    batch_over_limit_status: Literal[400, 413] = 400
    directory_quota_status: Literal[403, 429] = 429
    largest_page: int = 0
    courses_page: int = 100
    who_may_create: Literal["anyone", "teachers"] = "anyone"
    unseen_course_status: Literal[403, 404] = 403
    unknown_owner_status: Literal[400, 404] = 404
    unknown_member_status: Literal[403, 404] = 404
    provisioned_takes_members: bool = True
    provisioned_to_archived: Literal["nobody", "admin", "owner"] = "admin"
    co_teacher_may_archive: bool = True
    admin_may_delete: bool = True
    archived_keeps_members: bool = True
    former_owner_stays: bool = True
    update_ignores_owner: bool = True
    update_needs_name: bool = True
    alias_freed_by_delete: bool = True
    suspended_listed: bool = True
    foreign_profiles_bare: bool = True
    classroom_off_can_join: bool = True
    profile_scopes_may_enrol: bool = False
    owner_change_reported: bool = False
    reports_denied_status: Literal[401, 403] = 401
    licensing_most_right: int = 100

    # Of the simulator itself.
    check_answers: bool = True

    def changed(self, values: Mapping[str, object]) -> "Switches":
        """These switches with some set anew. Raises InputAtFault that names each faulty one."""
        hints = get_type_hints(Switches)
        faults = [
            fault
            for name, value in values.items()
            if (fault := _fault(name, value, hints.get(name))) is not None
        ]
        if faults:
            raise InputAtFault("\n".join(faults))
        return replace(self, **cast("Mapping[str, Never]", values))

    def values(self) -> dict[str, object]:
        """Every switch by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _fault(name: str, value: object, kind: object) -> str | None:
    if kind is None:
        known = ", ".join(field.name for field in fields(Switches))
        return f"{name}: no such switch; expected one of {known}"
    expected = _expected(value, kind, is_rate=name.endswith("_rate"))
    return f"{name} should be {expected}, not {value!r}" if expected else None


def _expected(value: object, kind: object, *, is_rate: bool) -> str | None:
    """What was expected, in words; None when the value fits."""
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return None if value in choices else " or ".join(map(str, choices))
    if kind is bool:
        return None if isinstance(value, bool) else "true or false"
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
    if isinstance(number, float) and not isfinite(number):
        number = -1
    if is_rate:
        return None if 0 <= number <= 1 else "a number from 0 to 1"
    if kind is int:
        return None if isinstance(number, int) and number >= 0 else "a whole number from 0 up"
    return None if number >= 0 else "a number of seconds from 0 up"
