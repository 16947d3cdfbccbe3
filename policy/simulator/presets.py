"""Whole sets of switches by name: a calm day, what administrators report, and all of it at once."""

from collections.abc import Mapping

from policy.errors import InputAtFault
from policy.simulator.switches import Switches

CALM = Switches()

# A night with what administrators report of the real thing.
REALISTIC = Switches(
    new_course_hidden=2.0,
    new_course_hidden_rate=0.3,
    state_late=4.0,
    owner_eligible_after=10.0,
    owner_transfer_takes=20.0,
    deleted_course_listed=60.0,
    reports_lag=180.0,
    reports_shuffled=True,
    reports_lost_rate=0.001,
    create_aborted_rate=0.03,
    server_error_rate=0.002,
    server_error_lasts=0.5,
    too_many_rate=0.001,
    too_many_lasts=1.0,
    hang_up_rate=0.01,
    delete_takes=10.0,
    short_page_rate=0.2,
    email_missing_rate=0.02,
)

# Everything at once that passes by itself within a minute or so: who asks again some seven times,
# with growing pauses, loses no write. (Of the audit log a little is lost, and the rest is late.)
# What lasts for hours (fresh accounts, "not today", courses that are broken, a delegation that is
# refused) is in no preset: set it besides. The rates hold for batches of 50: a burst takes along
# what is left of a batch, and one answer that is left out costs the client the whole of it.
HOSTILE = Switches(
    new_course_hidden=3.0,
    new_course_hidden_rate=0.4,
    state_late=8.0,
    owner_eligible_after=10.0,
    owner_transfer_takes=20.0,
    owner_invitation_rate=0.1,
    owner_invitation_lasts=10.0,
    deleted_course_listed=600.0,
    reports_lag=900.0,
    reports_shuffled=True,
    reports_lost_rate=0.02,
    create_aborted_rate=0.05,
    concurrent_creates=0.5,
    concurrent_create_rate=0.2,
    server_error_rate=0.003,
    server_error_lasts=0.5,
    error_after_rate=0.004,
    too_many_rate=0.002,
    too_many_lasts=1.0,
    hang_up_first_rate=0.02,
    hang_up_rate=0.03,
    batch_error_rate=0.02,
    lost_part_rate=0.0005,
    shuffled_answers_rate=0.3,
    token_error_rate=0.05,
    known_user_404_rate=0.01,
    course_not_found_rate=0.5,
    delete_takes=10.0,
    slow_rate=0.02,
    slow_takes=3.0,
    short_page_rate=0.3,
    empty_last_page=True,
    email_missing_rate=0.05,
)

PRESETS: Mapping[str, Switches] = {"calm": CALM, "realistic": REALISTIC, "hostile": HOSTILE}


def preset(name: str) -> Switches:
    """The switches of that name. Raises InputAtFault."""
    found = PRESETS.get(name)
    if found is None:
        raise InputAtFault(f"preset should be {' or '.join(PRESETS)}, not {name!r}")
    return found
