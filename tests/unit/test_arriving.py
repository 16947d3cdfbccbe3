"""Several sources as one roster: what each is asked for, whose word counts, what is told."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from policy.errors import RosterAtFault
from policy.roster.asked import Asked, Given, asked_for
from policy.roster.load import join_rosters
from policy.roster.model import Role, Roster
from unit.roster import small_clever, small_sds
from unit.roster.small_drop import FILES, write_drop

Changes = Mapping[str, str | bytes | None]
ENROLLMENTS = "sourcedId,classSourcedId,userSourcedId,role,primary\n"
USERS = FILES["users.csv"].partition("\n")[0] + "\n"
ONLY = dict.fromkeys(FILES)
CO_TEACHERS = ("co_teachers",)
STUDENTS = ("students",)


@pytest.fixture
def joined(tmp_path: Path) -> Callable[..., Roster]:
    def join(*parts: tuple[str, Changes, tuple[str, ...]]) -> Roster:
        given = [
            Given(write_drop(tmp_path / name, changes), name, asked_for(provides))
            for name, changes, provides in parts
        ]
        return join_rosters(given)

    return join


def seats(roster: Roster, section: str) -> set[tuple[str, str, bool]]:
    return {(m.person, m.role.value, m.primary) for m in roster.memberships[section]}


def told(roster: Roster) -> list[str]:
    return [str(fault) for fault in roster.faults]


def test_co_teachers_of_a_second_source_are_added_and_never_lead(
    joined: Callable[..., Roster],
) -> None:
    more = ENROLLMENTS + "c1,alg1,cyd,teacher,true\nc2,alg1,ann,student,\n"
    roster = joined(("sis", {}, ()), ("more", {**ONLY, "enrollments.csv": more}, ("co_teachers",)))
    alone = load_roster_of(roster)
    assert seats(roster, "alg1") - alone == {("cyd", "teacher", False)}
    added = [str(m.place) for m in roster.memberships["alg1"] if m.file.startswith("more/")]
    assert added == ["more/enrollments.csv:2"]
    assert roster.source.name == "sis + more"
    assert roster.source.counts["more memberships"] == 2
    assert roster.source.counts["memberships"] == roster.source.counts["sis memberships"] + 2


def load_roster_of(roster: Roster) -> set[tuple[str, str, bool]]:
    """What the first source alone says of the section."""
    return {
        (m.person, m.role.value, m.primary)
        for m in roster.memberships["alg1"]
        if m.file.startswith("sis/")
    }


def test_an_e_mail_is_added_where_there_is_none_and_differences_are_told(
    joined: Callable[..., Roster],
) -> None:
    people = USERS + (
        "cyd,,,true,mid,student,cyd,,Cyd,Xu,,,cyd@maple.example,,,,,\n"
        "ann,,,true,mid,student,ann,,Anna,X,,,other@maple.example,,,,,\n"
        "new,,,true,mid,student,new,,New,Y,,,new@maple.example,,,,,\n"
    )
    roster = joined(("sis", {}, ()), ("ids", {**ONLY, "users.csv": people}, ("emails",)))
    assert roster.people["cyd"].email == "cyd@maple.example"
    assert roster.people["ann"].email == "ann@maple.example"
    assert "new" not in roster.people
    assert told(roster) == [
        "ids/users.csv:3  has another e-mail for 'ann' than sis/users.csv:3, whose word counts"
        "  [R231]"
    ]


def test_students_of_one_source_and_classes_of_another(joined: Callable[..., Roster]) -> None:
    students = ENROLLMENTS + "x1,alg2,cyd,student,\nx2,alg2,tea,teacher,true\n"
    roster = joined(
        ("classes", {}, ("classes", "teachers")),
        ("students", {"enrollments.csv": students}, ("students",)),
    )
    assert ("cyd", "student", False) in seats(roster, "alg2")
    everybody = [m for of in roster.memberships.values() for m in of]
    assert {m.file for m in everybody if m.role is Role.STUDENT} == {"students/enrollments.csv"}
    assert {m.file for m in everybody if m.role is Role.TEACHER} == {"classes/enrollments.csv"}


def test_a_source_may_stand_before_the_one_whose_classes_it_fills(
    joined: Callable[..., Roster],
) -> None:
    roster = joined(("students", {}, ("students",)), ("rest", {}, ("classes", "teachers")))
    assert {m.file for m in roster.memberships["alg1"]} == {
        "students/enrollments.csv",
        "rest/enrollments.csv",
    }


def test_a_section_that_two_sources_tell_of_is_the_first_ones(
    joined: Callable[..., Roster],
) -> None:
    other = FILES["classes.csv"].replace("Algebra I - 2", "Algebra late")
    assert other != FILES["classes.csv"]
    roster = joined(("one", {}, ()), ("two", {"classes.csv": other}, ()))
    assert roster.sections["alg2"].title == "Algebra I - 2"
    assert told(roster) == [
        "two/classes.csv:3  says other things of 'alg2' than one/classes.csv:3, whose word counts"
        "  [R231]"
    ]


def test_a_faulty_row_of_a_later_source_casts_its_doubt(joined: Callable[..., Roster]) -> None:
    more = ENROLLMENTS + "c1,alg1,tea,teacher,perhaps\nc2,alg2,tea,teacher,\nc3,art1,tea,teacher,\n"
    roster = joined(("sis", {}, ()), ("more", {**ONLY, "enrollments.csv": more}, ("co_teachers",)))
    assert set(roster.doubtful_sections) == {"alg1"}
    assert told(roster) == [
        "more/enrollments.csv:2  primary is 'perhaps'; expected true or false  [R211]"
    ]


def test_a_source_without_its_files_stops_all(joined: Callable[..., Roster]) -> None:
    with pytest.raises(RosterAtFault) as caught:
        joined(("sis", {}, ()), ("more", {"enrollments.csv": None}, ("co_teachers",)))
    [words] = caught.value.problems
    assert "enrollments.csv" in words


def test_one_source_alone_is_told_without_its_name(joined: Callable[..., Roster]) -> None:
    roster = joined(("sis", {}, ()))
    assert {m.file for of in roster.memberships.values() for m in of} == {"enrollments.csv"}


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        pytest.param((), Asked(), id="everything"),
        pytest.param(
            ("co_teachers",),
            Asked(classes=False, seats=frozenset({Role.TEACHER}), primaries=False, emails=False),
            id="co-teachers",
        ),
        pytest.param(
            ("teachers", "co_teachers"),
            Asked(classes=False, seats=frozenset({Role.TEACHER}), emails=False),
            id="teachers-count-more",
        ),
        pytest.param(
            ("emails",),
            Asked(classes=False, seats=frozenset(), primaries=False),
            id="emails",
        ),
    ],
)
def test_what_is_asked_for(words: tuple[str, ...], asked: Asked) -> None:
    assert asked_for(words) == asked


def test_a_whole_roster_joined_with_itself_is_itself(joined: Callable[..., Roster]) -> None:
    once, twice = joined(("one", {}, ())), joined(("one", {}, ()), ("two", {}, ()))
    assert twice.faults == ()
    assert {k: p.email for k, p in twice.people.items()} == {
        k: p.email for k, p in once.people.items()
    }
    for key in once.sections:
        assert seats(twice, key) == seats(once, key)


def join_folders(*parts: tuple[str, Path, tuple[str, ...]]) -> Roster:
    return join_rosters([Given(path, name, asked_for(words)) for name, path, words in parts])


def teachers(roster: Roster, section: str) -> set[tuple[str, str, bool]]:
    return {
        (m.person, m.file, m.primary) for m in roster.memberships[section] if m.role is Role.TEACHER
    }


def test_co_teachers_out_of_clevers_sections_wherever_their_rows_stand(tmp_path: Path) -> None:
    """Clever has teachers in the section's own row, which here is not the one that made it."""
    header, *rows = small_clever.FILES["sections.csv"].splitlines()
    rows = [rows[2], rows[0].replace(",007,t2,", ",007,t2,t3"), rows[1]]
    more = "\n".join([header, *rows]) + "\n"
    roster = join_folders(
        ("sis", small_clever.write_drop(tmp_path / "sis"), ()),
        ("more", small_clever.write_drop(tmp_path / "more", {"sections.csv": more}), CO_TEACHERS),
    )
    assert ("teacher:t3", "more/sections.csv", False) in teachers(roster, "0100")
    assert {key for key, file, _ in teachers(roster, "k1") if file.startswith("more/")} == {
        "teacher:t3",
        "teacher:007",
    }
    assert roster.doubtful_sections == {}
    assert told(roster) == []


def test_a_faulty_row_of_clevers_co_teachers_casts_its_doubt(tmp_path: Path) -> None:
    """Nobody else tells of it: the drop's sections are not asked for."""
    sections = small_clever.FILES["sections.csv"]
    more = {"sections.csv": sections.replace("01,0200,t2", "01,0200,t\xff2").encode("latin-1")}
    roster = join_folders(
        ("sis", small_clever.write_drop(tmp_path / "sis"), ()),
        ("more", small_clever.write_drop(tmp_path / "more", more), CO_TEACHERS),
    )
    assert set(roster.doubtful_sections) == {"0200"}
    assert roster.doubtful_anywhere == ()
    [words] = told(roster)
    assert words.startswith("more/sections.csv:3  Teacher_id: bytes that are not UTF-8")


def test_a_co_teacher_of_clevers_whose_section_is_not_there_is_told(tmp_path: Path) -> None:
    more = small_clever.changed("sections.csv", "01,0200,t2", "01,200,t2")
    roster = join_folders(
        ("sis", small_clever.write_drop(tmp_path / "sis"), ()),
        ("more", small_clever.write_drop(tmp_path / "more", more), CO_TEACHERS),
    )
    [words] = told(roster)
    assert words.startswith("more/sections.csv:3  Section_id names '200', which has no row in")
    assert "0200" in roster.doubtful_sections


def test_what_a_translator_finds_at_fault_is_told_by_its_drop(tmp_path: Path) -> None:
    more = small_clever.changed("sections.csv", "01,0100,007,t2,", "01,0100,007,t9,")
    roster = join_folders(
        ("sis", small_clever.write_drop(tmp_path / "sis"), ()),
        ("more", small_clever.write_drop(tmp_path / "more", more), CO_TEACHERS),
    )
    assert set(roster.doubtful_sections) == {"0100"}
    assert told(roster) == [
        "more/sections.csv:2  Teacher_2_id names 't9', which has no row in teachers.csv  [R216]"
    ]


def test_a_drop_of_translated_rows_that_are_mostly_faulty_stops_all(tmp_path: Path) -> None:
    """By the drop's own file, whichever name the translator knows it by."""
    more = {"sections.csv": small_clever.FILES["sections.csv"].replace("2026", "x")}
    more["sections.csv"] = more["sections.csv"].replace("8/17/26", "x").replace("08/17/26", "x")
    with pytest.raises(RosterAtFault) as caught:
        join_folders(
            ("sis", small_clever.write_drop(tmp_path / "sis"), ()),
            ("more", small_clever.write_drop(tmp_path / "more", more), ()),
        )
    assert any(
        words.startswith("more/sections.csv  not one of its rows can be used")
        for words in caught.value.problems
    )


def test_students_of_clevers_need_no_teachers(tmp_path: Path) -> None:
    sections = small_clever.FILES["sections.csv"].replace("007", "t8").replace("t2", "t9")
    more = {"teachers.csv": None, "sections.csv": sections}
    roster = join_folders(
        ("sis", small_clever.write_drop(tmp_path / "sis"), ()),
        ("more", small_clever.write_drop(tmp_path / "more", more), STUDENTS),
    )
    assert told(roster) == []
    assert roster.doubtful_sections == {}


def test_a_dialects_own_word_for_a_teacher_is_not_asked_for_with_students(tmp_path: Path) -> None:
    more = small_sds.V21["enrollments.csv"] + "alg1,cyd,faculty\nart1,ann,student\n"
    sis = small_sds.write(tmp_path / "sis", small_sds.V21)
    ids = small_sds.write(tmp_path / "ids", small_sds.V21, {"enrollments.csv": more})
    roster = join_folders(("sis", sis, ()), ("ids", ids, STUDENTS))
    assert {file for key in ("alg1", "art1") for _, file, _ in teachers(roster, key)} == {
        "sis/enrollments.csv"
    }
    assert ("ann", "student", False) in seats(roster, "art1")


def person(key: str, email: str, *, status: str = "", enabled: str = "true") -> str:
    return f"{key},{status},,{enabled},mid,student,{key},,Cyd,Xu,,,{email},,,,,\n"


def test_of_two_e_mails_for_one_person_none_is_known_to_be_right(
    joined: Callable[..., Roster],
) -> None:
    """The wrong one would put somebody else into their classes."""
    people = USERS + person("cyd", "a@maple.example") + person("cyd", "b@maple.example")
    roster = joined(("sis", {}, ()), ("ids", {**ONLY, "users.csv": people}, ("emails",)))
    assert set(roster.doubtful_people) == {"cyd"}
    assert told(roster) == [
        "ids/users.csv:3  has another e-mail for 'cyd' than line 2; their 1 enrollment can't be "
        "followed until it is right  [R206]"
    ]


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param({"status": "tobedeleted"}, id="to-be-deleted"),
        pytest.param({"enabled": "false"}, id="disabled"),
    ],
)
def test_of_somebody_whom_a_later_source_calls_gone_it_gives_no_e_mail(
    joined: Callable[..., Roster], gone: Mapping[str, str]
) -> None:
    people = USERS + person("cyd", "old@maple.example", **gone)
    roster = joined(("sis", {}, ()), ("ids", {**ONLY, "users.csv": people}, ("emails",)))
    assert roster.people["cyd"].email == ""
    assert roster.doubtful_people == {}
    assert told(roster) == [
        f"ids/users.csv:2  says that 'cyd' is gone; {roster.people['cyd'].place} says not, and "
        "its word counts  [R231]"
    ]


def test_e_mails_of_nobody_are_told(joined: Callable[..., Roster]) -> None:
    people = USERS + person("007", "cyd@maple.example") + person("008", "ann@maple.example")
    roster = joined(("sis", {}, ()), ("ids", {**ONLY, "users.csv": people}, ("emails",)))
    assert told(roster) == [
        "ids/users.csv:1  none of its 2 rows is of anybody whom a source before it gives  [R231]"
    ]
    assert roster.source.counts["ids people"] == 2


def test_a_faulty_row_of_e_mails_is_told_and_casts_its_doubt(joined: Callable[..., Roster]) -> None:
    people = USERS + person("cyd", "cyd@maple.example", enabled="perhaps") + person("ann", "")
    roster = joined(("sis", {}, ()), ("ids", {**ONLY, "users.csv": people}, ("emails",)))
    assert set(roster.doubtful_people) == {"cyd"}


def test_somebody_else_under_the_same_key_is_told(joined: Callable[..., Roster]) -> None:
    """Also where nobody asks for e-mails: the seats may be somebody else's."""
    more = ENROLLMENTS + "c1,alg1,ann,teacher,\n"
    people = USERS + person("ann", "other@maple.example")
    files = {**ONLY, "enrollments.csv": more, "users.csv": people}
    roster = joined(("sis", {}, ()), ("more", files, CO_TEACHERS))
    assert "more/users.csv:2  has another e-mail for 'ann' than sis/users.csv:3" in told(roster)[0]


def test_whom_the_first_source_calls_gone_a_later_one_only_puts_in_doubt(
    joined: Callable[..., Roster],
) -> None:
    users = FILES["users.csv"].replace("ann,,", "ann,tobedeleted,")
    assert users != FILES["users.csv"]
    roster = joined(("sis", {"users.csv": users}, ()), ("two", {}, ()))
    assert "ann" in roster.doubtful_people
    assert "a row above, or of an earlier source, says that it is gone" in told(roster)[0]


def test_a_section_that_only_a_later_source_calls_gone_stays(joined: Callable[..., Roster]) -> None:
    classes = FILES["classes.csv"].replace("alg2,,", "alg2,tobedeleted,")
    assert classes != FILES["classes.csv"]
    roster = joined(("sis", {}, ()), ("two", {"classes.csv": classes}, ()))
    assert "alg2" in roster.sections
    assert "says that 'alg2' is gone; sis/classes.csv:3 says not" in told(roster)[0]


def test_names_that_begin_alike_are_two_drops(joined: Callable[..., Roster]) -> None:
    for names in (("sis", "sis-2"), ("sis-2", "sis")):
        roster = joined(*((name, {}, ()) for name in names))
        assert roster.faults == ()
        assert (
            roster.source.counts[f"{names[1]} people"] == roster.source.counts[f"{names[0]} people"]
        )


def test_two_terms_of_one_id_each_end_their_own_sources_classes(
    joined: Callable[..., Roster],
) -> None:
    """Else a class would be archived when another school's term is over."""
    terms = FILES["academicSessions.csv"].replace("2027-06-05", "2027-07-31")
    classes = FILES["classes.csv"].replace("alg1,", "alg9,").replace("alg2,", "alg8,")
    enrollments = FILES["enrollments.csv"].replace("alg1,", "alg9,").replace("alg2,", "alg8,")
    files = {
        "academicSessions.csv": terms,
        "classes.csv": classes,
        "enrollments.csv": enrollments,
    }
    one = joined(("one", {}, ()))
    both = joined(("one", {}, ()), ("two", files, ()))
    ends = {key: [term.end for term in section.terms] for key, section in both.sections.items()}
    for key, section in one.sections.items():
        assert ends[key] == [term.end for term in section.terms]
    assert str(ends["alg9"][-1]) == "2027-07-31" != str(ends["alg1"][-1])
    assert (
        "two/academicSessions.csv:2  says other things of 'year' than one/academicSessions.csv:2; "
        "each source's own counts for its sections  [R231]"
    ) in told(both)


@pytest.mark.parametrize(
    ("file", "key", "lacks"),
    [
        pytest.param("courses.csv", "alg", "courseSourcedId names 'alg'", id="course"),
        pytest.param("orgs.csv", "high", "schoolSourcedId names 'high'", id="school"),
        pytest.param("academicSessions.csv", "year", "termSourcedIds names 'year'", id="term"),
    ],
)
def test_sections_are_not_lost_without_a_word_where_sources_differ_on_what_is_gone(
    joined: Callable[..., Roster], file: str, key: str, lacks: str
) -> None:
    changed = FILES[file].replace(f"\n{key},,", f"\n{key},tobedeleted,")
    assert changed != FILES[file]
    try:
        words = told(joined(("one", {file: changed}, ()), ("two", {}, ())))
    except RosterAtFault as fault:  # where it is most of them
        words = list(fault.problems)
    assert any(lacks in one for one in words)
