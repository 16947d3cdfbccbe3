"""A Clever drop small enough to read: two schools, three sections, two terms.

Ann has a row for each contact, Cyd and Rivera one for each school. Student 007 is not teacher 007.
"""

from collections.abc import Mapping
from pathlib import Path

from policy.roster.load import load_roster
from policy.roster.model import Roster

FILES = {
    "schools.csv": """\
School_id,School_name,School_number,Principal,Principal_email,School_phone
01,Maple High,1,Pat Prince,pat@maple.example,555-0100
2,Maple Elementary,2,,,
""",
    "teachers.csv": """\
School_id,Teacher_id,Teacher_number,State_teacher_id,Teacher_email,First_name,Middle_name,Last_name,Title,Username,Password
01,007,,,rivera@maple.example,Rosa,,Rivera,Teacher,rivera,
2,007,,,rivera@maple.example,Rosa,,Rivera,Teacher,rivera,
01,t2,,,chen@maple.example,Li,,Chen,,chen,
2,t3,,,okafor@maple.example,Ada,,Okafor,,okafor,
""",
    "students.csv": """\
School_id,Student_id,Student_number,Last_name,Middle_name,First_name,Grade,Gender,DOB,Race,Frl_status,Student_Street,Student_email,Contact_name,Contact_email,ext.bus
01,007,11,Árni,,Ann,9,F,1/2/2011,A,Free,1 Elm,ann@maple.example,Par Ent,par@mail.example,5
01,007,11,Árni,,Ann,9,F,1/2/2011,A,Free,1 Elm,ann@maple.example,Gran Ent,gran@mail.example,5
01,b,12,O'Neil,,Bob,9,M,1/2/2011,,,, Bob@Maple.Example ,,,
01,c,13,Xu,,Cyd,Kindergarten,,,,,,,,,
2,c,13,Xu,,Cyd,Kindergarten,,,,,,,,,
""",
    "sections.csv": """\
School_id,Section_id,Teacher_id,Teacher_2_id,Teacher_3_id,Name,Section_number,Grade,Course_name,Course_number,Course_description,Period,Subject,Term_name,Term_start,Term_end
01,0100,007,t2,,"Algebra I, P1",M1-1,9,Algebra I,M1,Numbers,1,Math,Fall,8/17/2026,12/18/2026
01,0200,t2,,,,M1-2,09,Algebra I,M1,Numbers,2,Math,Year,08/17/26,2027-06-04
2,k1,t3,007,t3,Room 5,,Kindergarten,,,,,Homeroom/advisory,Year,8/17/2026,6/4/2027
""",
    "enrollments.csv": """\
School_id,Section_id,Student_id
01,0100,007
01,0100,b
01,0200,b
01,0200,c
2,k1,c
""",
}


def write_drop(folder: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """The files above, with some of them replaced; None leaves one out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**FILES, **(changes or {})}.items():
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(data)
    return folder


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """One file with one place changed, which must be there just once."""
    assert FILES[file].count(old) == 1, f"{old!r} is not just once in {file}"
    return {file: FILES[file].replace(old, new)}


def load(folder: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Roster:
    return load_roster(write_drop(folder / "drop", changes))
