"""Make the roster and the accounts of policy/examples/springfield: the same bytes every time.

People and schools are invented. What is odd about the district is listed in its README.md.
"""

import csv
import random
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent / "policy" / "examples" / "springfield"
DOMAIN = "springfield.example"
ELEMENTARY, MIDDLE, HIGH = "0041", "0042", "0043"
YEAR, FALL, SPRING, SUMMER = "fy27", "fy27-s1", "fy27-s2", "su26"


def names(text: str) -> list[str]:
    return text.split()


GIVEN = names(
    """
Aaliyah Abel Ada Adrián Aiko Alma Amir Anaïs Andre Anika Ansel Aria Arjun Asha Astrid Ayo Beatriz
Benedikt Bilal Bríd Caleb Camila Carmen Cedric Chiara Chloé Cormac Dalia Damon Dara Delphine Desta
Diego Dilan Ebony Eero Elena Eli Elif Emeka Emilia Enzo Esme Ezra Farah Felix Fiona Freya Gabriel
Gia Gideon Grace Hana Harlan Hugo Ida Ilya Imani Ines Isaac Ivy Jada Jamal Jasper Joaquín Jonas
Juniper Kaia Kenji Kiran Kofi Lars Layla Leilani Leo Lila Linh Lucía Luka Mabel Maeve Malik Maren
Mateo Mei Micah Mina Moses Nadia Naomi Nico Niamh Noor Odette Olu Omar Oren Orla Paloma Petra
Quentin Quyên Rafael Rania Remy Renée Rosa Rowan Saoirse Samir Selma Silas Simone Soren Tala Tariq
Tessa Thaddeus Theo Tomás Uma Valentina Viggo Wanda Wei Wren Xavier Ximena Yara Yusuf Zadie Zoë
Zora
"""
)
FAMILY = names(
    """
Abara Acheampong Aldridge Almeida Andersson Arce Ashworth Baptiste Barrow Bautista Beaumont Begum
Bergström Bianchi Blackwood Boateng Brandt Calloway Cárdenas Castellanos Chaudhry Cheung
Clearwater Cortez Czarnecki Dalgaard D'Amico Danso Delacroix Demir Diallo Dobbs Duarte Eklund
Espinoza Etxeberria Fairbanks Falk Farouk Ferreira Fontaine Galloway Ghosh Goldfarb Grabowski
Guerrero Hadley Haddad Halvorsen Hashimoto Hernández Hollis Hosseini Ibáñez Ishikawa Iyer
Jankowski Jiménez Kamara Kapoor Keita Kessler Khoury Kowalczyk Lachance Laramie Larkin Lindqvist
Llewellyn Lockhart Łukasik Mbeki Malone Marchetti Markovic Medina Mensah Mireles Montoya Moreau
Nakagawa Nandy Ndiaye Novak O'Dwyer O'Leary Oduya Okonkwo Olivares Oyelaran Pacheco Pemberton Pham
Pineda Quispe Rahimi Ramsey Restrepo Rosenthal Rousseau Sandoval Santangelo Sørensen Sokolov
Stein-Okafor Tahir Takeda Tran Trujillo Underhill Vanterpool Vásquez Villanueva Voss Wakefield
Whitcomb Winters Xiong Yamada Yilmaz Zapata
"""
)

ORGS = [
    ("springfield", "", "", "Springfield Public Schools", "district", "", ""),
    (ELEMENTARY, "", "", "Maple Grove Elementary", "school", "41", "springfield"),
    (MIDDLE, "", "", "Lincoln Middle School", "school", "42", "springfield"),
    (HIGH, "", "", "Jefferson High School", "school", "43", "springfield"),
]
SESSIONS = [
    (YEAR, "", "", "School Year 2026-27", "schoolYear", "2026-08-17", "2027-06-05", "", "2027"),
    (FALL, "", "", "Fall 2026", "semester", "2026-08-17", "2026-12-19", YEAR, "2027"),
    (SPRING, "", "", "Spring 2027", "semester", "2027-01-04", "2027-06-05", YEAR, "2027"),
    (SUMMER, "", "", "Summer 2026", "term", "2026-06-08", "2026-07-18", "", ""),
]
HEADERS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,"
    "parentSourcedId,schoolYear",
    "courses": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,"
    "orgSourcedId,subjects,subjectCodes",
    "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,"
    "classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "users": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
    "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
    "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
    "userSourcedId,role,primary,beginDate,endDate",
}
NOT_SENT = (
    *("categories", "classResources", "courseResources", "demographics", "lineItems"),
    *("resources", "results"),
)


@dataclass(frozen=True)
class Someone:
    key: str
    given: str
    family: str
    email: str
    role: str
    school: str
    grade: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class Class:
    key: str
    title: str
    course: str
    school: str
    grade: str
    subject: str
    term: str = YEAR
    kind: str = "scheduled"
    period: str = ""
    room: str = ""


@dataclass(frozen=True)
class Seat:
    section: str
    person: str
    role: str
    primary: str = ""
    begin: str = ""
    end: str = ""
    key: str = ""


@dataclass
class District:
    """What is being made. Each step below adds to it."""

    dice: random.Random
    people: dict[str, Someone] = field(default_factory=dict)
    courses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    seats: list[Seat] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def shuffled(self, things: Iterable[str]) -> list[str]:
        """By `random()` alone, whose numbers are the same in every version of Python."""
        return sorted(things, key=lambda _: self.dice.random())

    def pick(self, things: Sequence[str]) -> str:
        return things[int(self.dice.random() * len(things))]

    def new_person(self, key: str, role: str, school: str, grade: str = "") -> Someone:
        while True:
            given, family = self.pick(GIVEN), self.pick(FAMILY)
            if f"{given} {family}" not in self.names:
                break
        self.names.add(f"{given} {family}")
        local = f"{plain(given)}.{plain(family)}"
        if role == "student":
            local += f"{graduation(grade) % 100:02d}"
        return self.add(Someone(key, given, family, f"{local}@{DOMAIN}", role, school, grade))

    def add(self, person: Someone) -> Someone:
        self.people[person.key] = person
        return person

    def students(self, grade: str) -> list[str]:
        return [p.key for p in self.people.values() if p.role == "student" and p.grade == grade]

    def open_class(self, section: Class, teachers: Sequence[str], students: Iterable[str]) -> None:
        """The first teacher is the primary one."""
        self.classes[section.key] = section
        for number, teacher in enumerate(teachers):
            primary = "false" if number else "true"
            self.seats.append(Seat(section.key, teacher, "teacher", primary))
        self.seats.extend(Seat(section.key, student, "student") for student in students)

    def course(self, school: str, code: str, title: str, grade: str, subject: str) -> str:
        key = f"{school[2:]}-{code}"
        self.courses.setdefault(key, (key, title, code, grade, school, subject))
        return key


def plain(name: str) -> str:
    """A name as it stands in an e-mail address."""
    name = name.translate(str.maketrans("øØłŁ", "oOlL"))
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(c for c in letters if c.isalpha()).lower()


def graduation(grade: str) -> int:
    return 2027 + 12 - (0 if grade == "KG" else int(grade))


def make_people(district: District) -> None:
    """40 teachers (the named ones first), 600 students, and a few parents."""
    named = {
        "t4301": ("Amara", "Okafor"),
        "t4302": ("Walter", "Lindgren"),
        "t4315": ("Noelle", "Baptiste"),
        "t4201": ("Seán", "O'Malley"),
        "t4101": ("Guadalupe", "Ríos"),
    }
    for school, count in ((ELEMENTARY, 14), (MIDDLE, 11), (HIGH, 15)):
        for number in range(1, count + 1):
            key = f"t{school[2:]}{number:02d}"
            if key in named:
                given, family = named[key]
                email = f"{plain(given)}.{plain(family)}@{DOMAIN}"
                district.names.add(f"{given} {family}")
                district.add(Someone(key, given, family, email, "teacher", school))
            else:
                district.new_person(key, "teacher", school)
    number = 60_000
    for school, grades, count in (
        (ELEMENTARY, ("KG", "01", "02", "03", "04", "05"), 200),
        (MIDDLE, ("06", "07", "08"), 180),
        (HIGH, ("09", "10", "11", "12"), 220),
    ):
        for index in range(count):
            number += 1 + int(district.dice.random() * 7)
            district.new_person(str(number), "student", school, grades[index % len(grades)])
    for index in range(6):
        parent = district.new_person(f"p{index + 1}", "parent", ELEMENTARY)
        district.add(replace(parent, email=parent.email.replace(DOMAIN, "mail.example")))


def groups(district: District, grade: str, count: int) -> Iterator[list[str]]:
    """A grade's students, dealt out anew into so many groups."""
    students = district.shuffled(district.students(grade))
    for index in range(count):
        yield students[index::count]


def make_elementary(district: District) -> None:
    """12 classes of one teacher each: a homeroom and three subjects; music and art by grade."""
    subjects = (
        ("ELA", "English language arts", "Reading and Writing, {}"),
        ("MATH", "Mathematics", "Math {}"),
        ("SCI", "Science", "Science {}"),
    )
    number = 0
    for grade in ("KG", "01", "02", "03", "04", "05"):
        short = grade.lstrip("0")
        for letter, students in zip("AB", groups(district, grade, 2), strict=True):
            number += 1
            teacher, room = f"t41{number:02d}", f"{100 + number}"
            base = Class("", "", "", ELEMENTARY, grade, "", room=room)
            course = district.course(ELEMENTARY, "HR", "Homeroom", "", "Homeroom/advisory")
            homeroom = replace(
                base,
                key=f"41{number:02d}0",
                title=f"Homeroom {short}{letter}",
                course=course,
                subject="Homeroom/advisory",
                kind="homeroom",
            )
            district.open_class(homeroom, [teacher], students)
            for index, (code, subject, title) in enumerate(subjects, 1):
                course = district.course(
                    ELEMENTARY, f"{code}{short}", f"{subject} {short}", grade, subject
                )
                section = replace(
                    base,
                    key=f"41{number:02d}{index}",
                    title=title.format(f"{short}{letter}"),
                    course=course,
                    subject=subject,
                )
                district.open_class(section, [teacher], students)
    make_specials(district)


def make_specials(district: District) -> None:
    for index, grade in enumerate(("KG", "01", "02", "03", "04", "05"), 1):
        for code, title, subject, teacher in (
            ("MUS", 'Music: "Songs of the World", Grade {}', "Music", "t4113"),
            ("ART", "Art, Grade {}", "Visual arts", "t4114"),
        ):
            short = grade.lstrip("0")
            name = f"{subject} {short}"
            course = district.course(ELEMENTARY, f"{code}{short}", name, grade, subject)
            room = "Music Room" if code == "MUS" else "Art Room"
            key = f"419{index}{'1' if code == 'MUS' else '2'}"
            section = Class(key, title.format(short), course, ELEMENTARY, grade, subject, room=room)
            district.open_class(section, [teacher], district.students(grade))


def make_middle(district: District) -> None:
    """Four core subjects in three groups a grade, PE, advisory and lunch."""
    cores = (
        ("MATH", "Math", "Mathematics", ("t4201", "t4202")),
        ("ELA", "Language Arts", "English language arts", ("t4203", "t4204", "t4205")),
        ("SCI", "Science", "Science", ("t4206", "t4207")),
        ("SOC", "World Studies", "Social studies", ("t4208", "t4209")),
    )
    turn = 0
    for grade in ("06", "07", "08"):
        short = grade.lstrip("0")
        for row, (code, title, subject, teachers) in enumerate(cores, 1):
            course = district.course(MIDDLE, f"{code}{short}", f"{title} {short}", grade, subject)
            for group, students in enumerate(groups(district, grade, 3), 1):
                turn += 1
                section = Class(
                    key=f"42{short}{row}{group}",
                    title=f"{title} {short}, Section {group}",
                    course=course,
                    school=MIDDLE,
                    grade=grade,
                    subject=subject,
                    period=str((row + 2 * group - 3) % 7 + 1),
                    room=f"B{10 * row + group}",
                )
                with_help = ["t4211"] if code in ("MATH", "ELA") and group == 3 else []
                district.open_class(section, [teachers[turn % len(teachers)], *with_help], students)
        make_middle_rest(district, grade)


def make_middle_rest(district: District, grade: str) -> None:
    short = grade.lstrip("0")
    base = Class("", "", "", MIDDLE, grade, "")
    physical = district.course(MIDDLE, "PE", "Physical Education", "", "Physical education")
    for group, students in enumerate(groups(district, grade, 2), 1):
        section = replace(
            base, key=f"42{short}5{group}", title=f"PE {short}, Group {group}", course=physical
        )
        section = replace(section, subject="Physical education", period=str(5 + group), room="Gym")
        district.open_class(section, ["t4210"], students)
    advisory = district.course(MIDDLE, "ADV", "Advisory", "", "Homeroom/advisory")
    lunch = district.course(MIDDLE, "LUN", "Lunch", "", "")
    section = replace(base, key=f"42{short}60", title=f"Advisory {short}", course=advisory)
    section = replace(section, subject="Homeroom/advisory", kind="homeroom", period="0")
    district.open_class(section, [f"t420{int(grade)}"], district.students(grade))
    letter = "ABC"[int(grade) - 6]
    section = replace(base, key=f"42{short}70", title=f"Lunch {letter}", course=lunch, period="4")
    district.open_class(section, ["t4210"], district.students(grade))


HIGH_CORES = (
    # code, titles of grades 9 to 12, subject, teachers of the eight sections
    (
        "MATH",
        ("Algebra I", "Geometry", "Algebra II", "Precalculus"),
        "Mathematics",
        ("t4301", "t4301", "t4301", "t4301", "t4301", "t4302", "t4302", "t4302"),
    ),
    (
        "ENG",
        ("English 9", "English 10", "American Literature", 'Literature: "The Long Novel"'),
        "English language arts",
        ("t4303", "t4303", "t4303", "t4304", "t4304", "t4305", "t4305", "t4305"),
    ),
    (
        "SCI",
        ("Earth Science", "Biology", "Chemistry", "Physics"),
        "Science",
        ("t4306", "t4306", "t4307", "t4307", "t4307", "t4308", "t4308", "t4308"),
    ),
    (
        "SOC",
        ("World Geography", "World History", "U.S. History", "Government, Civics and Law"),
        "Social studies",
        ("t4309", "t4309", "t4309", "t4309", "t4310", "t4310", "t4310", "t4310"),
    ),
)
ELECTIVES = (
    ("ART1", "Drawing and Painting", "Visual arts", "t4311"),
    ("DRAMA", "Theater, Beginning", "Theater", "t4311"),
    ("SPA1", "Español I", "World languages", "t4312"),
    ("SPA2", "Español II", "World languages", "t4312"),
    ("FRE1", "Français I", "World languages", "t4313"),
    ("CS1", "Computer Science", "Computer science", "t4314"),
    ("HLTH", "Health", "Health", "t4313"),
    ("TEACH", "Introduction to Teaching", "Career studies", "t4314"),
)


def make_high(district: District) -> None:
    """Four core subjects in two groups a grade; electives a semester long."""
    grades = ("09", "10", "11", "12")
    for row, (code, titles, subject, teachers) in enumerate(HIGH_CORES, 1):
        for index, grade in enumerate(grades):
            course = district.course(HIGH, f"{code}{grade}", titles[index], grade, subject)
            for group, students in enumerate(groups(district, grade, 2), 1):
                period = str((2 * row + index + 3 * group) % 7 + 1)
                section = Class(
                    key=f"43{row}{index + 1}{group}",
                    title=f"{titles[index]} - P{period}",
                    course=course,
                    school=HIGH,
                    grade=grade,
                    subject=subject,
                    period=period,
                    room=f"{200 + 10 * row + index}",
                )
                helped = code in ("MATH", "ENG") and index < 2 and group == 1
                teacher = teachers[2 * index + group - 1]
                district.open_class(section, [teacher, *(["t4315"] if helped else [])], students)
    everyone = district.shuffled(key for grade in grades for key in district.students(grade))
    for term, row in ((FALL, 6), (SPRING, 7)):
        for index, (code, title, subject, teacher) in enumerate(ELECTIVES):
            course = district.course(HIGH, code, title, "", subject)
            key, period = f"43{row}{index + 1}1", str(index % 7 + 1)
            section = Class(key, f"{title} - P{period}", course, HIGH, "", subject, term)
            section = replace(section, period=period, room=f"{260 + index}")
            district.open_class(section, [teacher], everyone[index :: len(ELECTIVES)])


def make_odd(district: District) -> None:
    """What real rosters have: README.md of the district tells where each of these is."""
    stats = district.course(HIGH, "STAT", "Statistics", "12", "Mathematics")
    base = Class("43811", "Statistics - P6", stats, HIGH, "12", "Mathematics", period="6")
    district.open_class(base, ["t4302"], [])
    choir = district.course(HIGH, "CHOIR", "Choir", "", "Music")
    section = replace(base, key="43821", title="Choir, All Voices - P7", course=choir, grade="")
    seniors = district.students("12")
    district.open_class(replace(section, subject="Music", period="7"), [], seniors[:14])
    summer = district.course(HIGH, "SUM", "Algebra Bridge", "", "Mathematics")
    section = replace(
        base, key="43831", title="Algebra Bridge (summer)", course=summer, term=SUMMER
    )
    district.open_class(section, ["t4301"], district.students("09")[:12])
    district.seats.append(Seat("43681", seniors[3], "teacher", "false"))
    if Seat("43681", seniors[3], "student") not in district.seats:
        district.seats.append(Seat("43681", seniors[3], "student"))
    guest = Someone(
        "t9001", "Dorothea", "Whitfield", "d.whitfield@college.example", "teacher", HIGH
    )
    district.add(guest)
    district.seats.append(Seat("43681", guest.key, "teacher", "false"))
    make_odd_people(district)
    make_odd_seats(district)


def make_odd_people(district: District) -> None:
    no_email, shouting, disabled = district.students("07")[:3]
    edit(district, no_email, email="")
    edit(district, shouting, email=district.people[shouting].email.upper())
    edit(district, disabled, enabled=False)
    edit(district, "t4201", email=f"sean.malley@{DOMAIN}")
    edit(district, "t4101", email=f"lupe.rios@{DOMAIN}")


def make_odd_seats(district: District) -> None:
    """Two primary teachers, a date that is none, and a student who changed groups in August."""
    seats = district.seats
    late = district.students("07")[3]
    for index, seat in enumerate(list(seats)):
        if (seat.section, seat.person) == ("43211", "t4315"):
            seats[index] = replace(seat, primary="true")
        if seat.person == late and seat.section.startswith("4271"):
            seats[index] = replace(seat, begin="2026-08-17", end="2026-08-28")
            other = "42712" if seat.section == "42711" else "42711"
            seats.append(replace(seat, section=other, begin="2026-08-28"))
    first = next(i for i, s in enumerate(seats) if (s.section, s.role) == ("42833", "student"))
    seats[first] = replace(seats[first], begin="8/24/2026")


def edit(district: District, key: str, **changes: Any) -> None:
    district.people[key] = replace(district.people[key], **changes)


def numbered(seats: Iterable[Seat]) -> list[Seat]:
    """In the order of the classes, teachers first, each with an id."""
    by_class = sorted(seats, key=lambda seat: (seat.section, seat.role != "teacher"))
    return [replace(seat, key=f"e{number}") for number, seat in enumerate(by_class, 1)]


def moved(seats: Sequence[Seat]) -> list[Seat]:
    """The third night: one student of Algebra I and one of English 9 are in the other group."""
    moves: dict[str, str] = {}
    for here, there in (("43111", "43112"), ("43212", "43211")):
        leaving = next(s for s in seats if (s.section, s.role) == (here, "student"))
        moves[leaving.key] = there
    changed = [
        replace(s, section=moves[s.key], key=f"{s.key}-2") if s.key in moves else s for s in seats
    ]
    return sorted(changed, key=lambda seat: (seat.section, seat.role != "teacher"))


def write_roster(folder: Path, district: District, seats: Sequence[Seat]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sent = dict.fromkeys(HEADERS, "bulk") | dict.fromkeys(NOT_SENT, "absent")
    manifest = [("manifest.version", "1.0"), ("oneroster.version", "1.1")]
    manifest += [(f"file.{name}", mode) for name, mode in sorted(sent.items())]
    write(folder / "manifest.csv", "propertyName,value", manifest)
    tables: dict[str, Iterable[Sequence[str]]] = {
        "orgs": ORGS,
        "academicSessions": SESSIONS,
        "courses": [
            (key, "", "", YEAR, title, code, grade, school, subject, "")
            for key, title, code, grade, school, subject in sorted(district.courses.values())
        ],
        "classes": (class_row(c) for c in sorted(district.classes.values(), key=lambda c: c.key)),
        "users": (user_row(p) for p in district.people.values()),
        "enrollments": (enrollment_row(s, district.classes[s.section].school) for s in seats),
    }
    for name, rows in tables.items():
        write(folder / f"{name}.csv", HEADERS[name], rows)


def write(path: Path, header: str, rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def class_row(c: Class) -> Sequence[str]:
    code = c.course.partition("-")[2]
    return (
        *(c.key, "", "", c.title, c.grade, c.course, code, c.kind, c.room, c.school, c.term),
        *(c.subject, "", c.period),
    )


def user_row(p: Someone) -> Sequence[str]:
    enabled = "true" if p.enabled else "false"
    name = p.email.partition("@")[0].lower() or p.key
    return (
        *(p.key, "", "", enabled, p.school, p.role, name, "", p.given, p.family, "", ""),
        *(p.email, "", "", "", p.grade, ""),
    )


def enrollment_row(seat: Seat, school: str) -> Sequence[str]:
    return (
        *(seat.key, "", "", seat.section, school, seat.person, seat.role, seat.primary),
        *(seat.begin, seat.end),
    )


def account_rows(district: District) -> Iterator[Sequence[str]]:
    """Everybody's account, but for two students who have none yet and one who is suspended."""
    newcomers = district.students("06")[:2]
    suspended = district.students("10")[0]
    yield ("admin@" + DOMAIN, "Rosalind", "Marsh", "", "false", "true")
    renamed = {
        "t4201": (f"sean.omalley@{DOMAIN}", f"sean.malley@{DOMAIN}"),
        "t4101": (f"guadalupe.rios@{DOMAIN}", f"lupe.rios@{DOMAIN}"),
    }
    for person in district.people.values():
        email, aliases = renamed.get(person.key, (person.email.lower(), ""))
        if email.endswith("@" + DOMAIN) and person.key not in newcomers:
            state = "true" if person.key == suspended else "false"
            yield (email, person.given, person.family, aliases, state, "false")


def main(folder: Path = HOME) -> None:
    district = District(random.Random(2026))
    make_people(district)
    make_elementary(district)
    make_middle(district)
    make_high(district)
    make_odd(district)
    seats = numbered(district.seats)
    write_roster(folder / "roster", district, seats)
    write_roster(folder / "nights" / "3" / "roster", district, moved(seats))
    write(
        folder / "accounts.csv",
        "email,given,family,aliases,suspended,admin",
        account_rows(district),
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
