"""Drops of School Data Sync small enough to read. A student and a teacher of V1 have one id."""

import re
from collections.abc import Mapping
from pathlib import Path

V1 = {
    "School.csv": """\
SIS ID,Name,School Number,Address,Phone
high,Maple High,7,1 Elm Street,555
mid,Maple Middle,8,2 Elm Street,556
""",
    "Section.csv": """\
SIS ID,School SIS ID,Section Name,Section Number,Term SIS ID,Term Name,Term StartDate,\
Term EndDate,Course SIS ID,Course Name,Course Number,Course Description,Course Subject,Periods,\
Status
alg1,high,Algebra I - 1,M1-1,y27,Year 26-27,8/17/2026,6/4/2027,alg,Algebra I,M1,Numbers,Math,1,\
Active
alg2,high,Algebra I - 2,M1-2,y27,Year 26-27,2026-08-17,20270604,alg,Algebra I,M1,Letters,Math,2,
art1,mid,Art,,,Fall,8/17/2026,12/31/2026,,,,,,,active
""",
    "Student.csv": """\
SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Secondary Email,\
Student Number,Middle Name,Grade,Status,Birthdate,Graduation Year
1,high,Ann,Arni,ann@maple.example,p@ss,S1,ann@mail.example,N1,M,9,Active,4/2/2012,2030
2,high,Bob,ONeil,bob,p@ss,S2,bob@maple.example,N2,M,9,,4/3/2012,2030
3,mid,Cyd,Xu,cyd,p@ss,S3,,N3,M,7,Active,4/4/2013,2032
""",
    "Teacher.csv": """\
SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Teacher Number,Status,\
Middle Name,Secondary Email,Title,Qualification
1,high,Tea,Cher,tea@maple.example,p@ss,T1,101,Active,M,,Mx,BA
2,high,Co,Teach,co@maple.example,p@ss,T2,102,Active,M,,Mx,BA
""",
    "StudentEnrollment.csv": """\
Section SIS ID,SIS ID
alg1,1
alg1,2
alg2,3
art1,2
""",
    "TeacherRoster.csv": """\
Section SIS ID,SIS ID
alg1,2
alg1,1
alg2,1
art1,1
""",
}

V21 = {
    "orgs.csv": "sourcedId,name,type,parentSourcedId\nhigh,Maple High,school,\n",
    "academicSessions.csv": """\
sourcedId,title,type,schoolYear,startDate,endDate
year,Year 26-27,schoolYear,2027,2026-08-17,2027-06-04
fall,Fall,semester,,2026-08-17,2026-12-31
""",
    "courses.csv": """\
sourcedId,orgSourcedId,title,code,schoolYearSourcedId,subject,grade
alg,high,Algebra I,M1,year,Math,09
""",
    "classes.csv": """\
sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId,code
alg1,high,Algebra I - 1,year,alg,M1-1
art1,high,Art,fall,,
""",
    "users.csv": """\
sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms
tea,tea@maple.example,Tea,Cher,p@ss,tcher@maple.example,,555,556
aid,aid@maple.example,Aid,Ing,p@ss,,,555,556
ann,ann,Ann,Arni,p@ss,ann@maple.example,,555,556
bob,bob@login.example,Bob,ONeil,p@ss,,bob@maple.example,555,556
cyd,cyd,Cyd,Xu,p@ss,,,555,556
""",
    "roles.csv": """\
userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate
tea,high,teacher,year,,TRUE,,
""",
    "enrollments.csv": """\
classSourcedId,userSourcedId,role
alg1,tea,Professor
alg1,aid,Teacherassistant
alg1,ann,student
alg1,bob,Student
art1,tea,lecturer
art1,cyd,student
""",
}

_UK = {
    "School.csv": {"SIS ID": "DfE Number", "Address": "Postal Code"},
    "Section.csv": {"SIS ID": "ID", "School SIS ID": "School DfE Number"},
    "Student.csv": {"SIS ID": "ID", "School SIS ID": "School DfE Number"},
    "Teacher.csv": {"SIS ID": "ID", "School SIS ID": "School DfE Number"},
    "StudentEnrollment.csv": {"SIS ID": "ID", "Section SIS ID": "Section ID"},
    "TeacherRoster.csv": {"SIS ID": "ID", "Section SIS ID": "Section ID"},
}


def _with_header(text: str, names: Mapping[str, str]) -> str:
    header, _, rows = text.partition("\n")
    return ",".join(names.get(name, name) for name in header.split(",")) + "\n" + rows


V1_UK = {file: _with_header(text, _UK[file]) for file, text in V1.items()}


def write(
    folder: Path, files: Mapping[str, str], changes: Mapping[str, str | bytes | None] | None = None
) -> Path:
    """A drop as Windows writes it: with a byte order mark, and CRLF. None leaves a file out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**files, **(changes or {})}.items():
        if isinstance(content, str):
            content = b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode()
        if content is not None:
            (folder / name).write_bytes(content)
    return folder


def changed(files: Mapping[str, str], file: str, old: str, new: str) -> dict[str, str]:
    """One file with one place changed, which must be there just once."""
    assert len(re.findall(re.escape(old), files[file])) == 1, f"{old!r} is not just once in {file}"
    return {file: files[file].replace(old, new)}
