"""Which histories there are: strategies for hypothesis. Small values come first, so that what is
found shrinks to a few acts and calm nights.
"""

from dataclasses import replace

from hypothesis import strategies as st

from histories import acts
from histories.district import COMBINE, VALUES, District
from histories.play import Day, History, Night, Reported
from histories.sis import COURSES, PEOPLE, PREFIX, SCHOOLS, STUDENTS, TEACHERS, TERMS, email_of

# Things have to meet to be of any interest: so one class and a few people have most of the luck.
slot = st.sampled_from((*"aaaa", *"bb", "c"))
any_slot = st.sampled_from((*"aaa", *"bb", *"cc", "d", "e"))
student = st.sampled_from(("s1", "s1", "s1", "s2", "s2", *STUDENTS))
teacher = st.sampled_from(("t0", "t0", *TEACHERS))
anyone = st.sampled_from(("s1", "s1", "t0", "t0", *PEOPLE))
outsider = st.sampled_from(("s1", "s1", "t0", *PEOPLE, "guest", "newcomer"))
email = st.sampled_from(
    [*map(email_of, PEOPLE), email_of("guest"), email_of("nobody"), "", "s0@elsewhere.example"]
)
TITLES = ("Class a", "Class b", "Algebra", "Biology")
ROOMS = ("12", "14", "")

BY_SIS = st.one_of(
    st.builds(acts.Drops, student, slot),
    st.builds(acts.Lists, student, any_slot, st.just("s")),
    st.builds(acts.Lists, teacher, any_slot, st.sampled_from(["t", "p"])),
    st.builds(acts.Lists, anyone, any_slot, st.sampled_from(["s", "t", "p"])),
    st.builds(acts.Drops, anyone, any_slot),
    st.builds(acts.Moves, anyone, slot, any_slot),
    st.builds(acts.ReplacesTeacher, slot, teacher),
    st.builds(acts.Leaves, anyone),
    st.builds(acts.GetsEmail, anyone, email),
    st.builds(acts.Vanishes, any_slot),
    st.builds(acts.Changes, any_slot, st.just("title"), st.sampled_from(TITLES)),
    st.builds(acts.Changes, any_slot, st.just("room"), st.sampled_from(ROOMS)),
    st.builds(acts.Changes, any_slot, st.just("school"), st.sampled_from(tuple(SCHOOLS))),
    st.builds(acts.Changes, any_slot, st.just("term"), st.sampled_from(tuple(TERMS))),
    st.builds(acts.Changes, any_slot, st.just("course"), st.sampled_from(tuple(COURSES))),
    st.builds(acts.Changes, any_slot, st.just("period"), st.sampled_from(["3", "4", ""])),
    st.builds(acts.Renumbers, any_slot, st.sampled_from(["1", "2"])),
    st.builds(acts.FaultyPerson, anyone),
    st.builds(acts.FaultySection, slot),
    st.builds(acts.FaultyAnywhere),
    st.builds(acts.CutsOff, st.sampled_from(tuple(SCHOOLS))),
)
BY_TEACHER = st.one_of(
    st.builds(acts.TakesOut, slot, anyone),
    st.builds(acts.PutsIn, slot, outsider, st.sampled_from(["student", "teacher"])),
    st.builds(acts.ByHand, slot, st.sampled_from(["accept", "decline", "archive", "restore"])),
    st.builds(acts.Renames, slot, st.just("name"), st.sampled_from((*TITLES, "Mine", "Mine"))),
    st.builds(acts.Renames, slot, st.sampled_from(["section", "room"]), st.sampled_from(ROOMS)),
    st.builds(acts.HandsOver, slot, teacher),
)
BY_ADMIN = st.one_of(
    st.builds(acts.Deletes, any_slot),
    st.builds(acts.Breaks, slot),
    st.builds(acts.Suspends, anyone),
    st.builds(acts.DeletesAccount, anyone),
    st.builds(acts.RenamesAccount, anyone),
    st.builds(
        acts.OwnClass,
        teacher,
        st.sampled_from(TITLES),
        st.sampled_from(["", "d:other-1", "d:other-2", f"{PREFIX}d1", f"{PREFIX}a2"]),
        st.sampled_from([(), ("s0", "s1"), ("s0", "s1", "s2", "s3")]),
    ),
    st.builds(acts.Aliased, slot, st.sampled_from(["", "d:own-1", f"{PREFIX}d1"])),
)


def _decides(what: str) -> st.SearchStrategy[acts.Act]:
    return st.builds(acts.Decides, st.just(what), st.sampled_from(VALUES[what]))


BY_POLICY = st.sampled_from(sorted(VALUES)).flatmap(_decides)
# What every district has all the time, and where the SIS and a hand come into each other's way.
EVERYDAY = st.one_of(
    st.builds(acts.Drops, student, slot),
    st.builds(acts.Lists, student, slot, st.just("s")),
    st.builds(acts.TakesOut, slot, student),
    st.builds(acts.PutsIn, slot, student | outsider, st.just("student")),
    st.builds(acts.Renames, slot, st.just("name"), st.sampled_from(TITLES)),
    st.builds(acts.Changes, slot, st.just("title"), st.sampled_from(TITLES)),
    st.builds(acts.Lists, teacher, slot, st.just("p")),
)
# What changes who is one class with whom, and where a hand comes into its way.
of_several = st.sampled_from((*"aaa", *"eee", *"cc", "b"))
WITH_WHOM = st.one_of(
    st.builds(acts.Vanishes, of_several),
    st.builds(acts.Changes, of_several, st.just("course"), st.sampled_from(tuple(COURSES))),
    st.builds(acts.Changes, of_several, st.just("period"), st.sampled_from(["3", "4", ""])),
    st.builds(acts.Changes, st.just("b"), st.just("school"), st.just("north")),
    st.builds(acts.Renumbers, of_several, st.sampled_from(["1", "2", "3"])),
    st.builds(acts.ReplacesTeacher, of_several, st.sampled_from(("t0", "t0", "t2"))),
    st.builds(acts.Lists, teacher, of_several, st.just("p")),
    st.builds(acts.FaultySection, of_several),
    st.builds(acts.CutsOff, st.just("north")),
    st.builds(acts.Moves, student, of_several, of_several),
    st.builds(acts.ByHand, of_several, st.sampled_from(["decline", "accept", "archive"])),
    st.builds(acts.Deletes, of_several),
    _decides("combine"),
    _decides("combine"),
    _decides("terms"),
)
# A store is lost once in a long while.
ACTS = st.one_of(
    EVERYDAY,
    EVERYDAY,
    EVERYDAY,
    BY_SIS,
    BY_TEACHER,
    BY_POLICY,
    BY_ADMIN,
    st.integers(0, 19).flatmap(lambda n: BY_SIS if n < 17 else st.builds(acts.LosesStore)),
)
CALM = st.builds(Night)
NIGHTS = {
    "calm": CALM,
    "consent": st.builds(Night, consent=st.booleans()),
    "killed": st.builds(
        Night, dies_at=st.none() | st.integers(0, 40), consent=st.sampled_from([False, False, True])
    ),
    "early": st.builds(Night, is_early=st.just(True), consent=st.booleans()),
    "weather": st.builds(Night, weather=st.sampled_from(["calm", "realistic", "hostile", "storm"])),
    "anything": st.builds(
        Night,
        weather=st.sampled_from(["calm", "calm", "realistic", "hostile", "storm"]),
        dies_at=st.none() | st.integers(0, 40),
        consent=st.booleans(),
        hours=st.sampled_from([24, 24, 24, 1, 72]),
        is_early=st.sampled_from([False, False, True]),
    ),
}
POLICIES = st.builds(
    District,
    start_as=st.sampled_from(VALUES["start_as"]),
    when_incomplete=st.sampled_from(VALUES["when_incomplete"]),
    former=st.sampled_from(VALUES["former"]),
    grace=st.sampled_from(VALUES["grace"]),
    limits=st.sampled_from(VALUES["limits"]),
    protect=st.sampled_from(VALUES["protect"]),
    add=st.sampled_from(VALUES["add"]),
)
REPORTS = {
    "unreported": st.none(),
    "reported": st.builds(
        Reported, lag=st.sampled_from([0, 3, 30]), lost=st.sampled_from([0.0, 0.0, 0.3])
    ),
}
SELDOM, ALWAYS = st.sampled_from([False, False, False, True]), st.just(True)


@st.composite
def histories(
    draw: st.DrawFn, nights: str, reports: str, combined: st.SearchStrategy[bool] = SELDOM
) -> History:
    """Histories with such nights. The first night makes the classes, mostly undisturbed. In those
    with `combined` some sections are one class from the beginning, and it matters which."""
    night = NIGHTS[nights]
    is_combined = draw(combined)
    start: tuple[acts.Act, ...] = (acts.Vanishes("e"),) if is_combined else ()
    calm = st.just(Day(start))
    first = draw(st.one_of(calm, calm, st.builds(Day, st.just(start), night)))
    which = st.one_of(WITH_WHOM, ACTS) if is_combined else ACTS
    acts_of_a_day = st.lists(which, min_size=1, max_size=4).map(tuple)
    days = draw(st.lists(st.builds(Day, acts_of_a_day, night), min_size=1, max_size=5))
    district = draw(POLICIES)
    if is_combined:
        district = replace(district, combine=draw(st.sampled_from((*COMBINE, ()))))
    return History(
        days=(first, *days),
        seed=draw(st.integers(0, 9)) if nights in ("weather", "anything") else 0,
        district=district,
        reported=draw(REPORTS[reports]),
    )
