"""A drop small enough to read: two schools, three classes, four people who matter."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from policy.roster.load import load_roster
from policy.roster.model import Roster

FILES = {
    "manifest.csv": "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\n",
    "orgs.csv": """\
sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId
dist,,,Maple Schools,district,,
high,,,Maple High,school,,dist
mid,,,Maple Middle,school,,dist
""",
    "academicSessions.csv": """\
sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear
year,,,Year 26-27,schoolYear,2026-08-17,2027-06-05,,2027
fall,,,Fall,semester,2026-08-17,2026-12-19,year,2027
spring,,,Spring,semester,2027-01-04,2027-06-05,year,
""",
    "courses.csv": """\
sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes
alg,,,year,Algebra I,M1,09,high,"Mathematics, Algebra",
art,,,year,Art,A1,,mid,,
""",
    "classes.csv": """\
sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods
alg1,,,"Algebra I, P1",09,alg,M1-1,Scheduled,R 12,high,"spring, fall","Math,Algebra",,"1, 2"
alg2,,,Algebra I - 2,,alg,M1-2,scheduled,,high,year,,,2
art1,,,Art,07,art,,scheduled,,mid,year,,,
""",
    "users.csv": """\
sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password
tea,,,true,high,teacher,tea,,Tea,Cher,,,tea@maple.example,,,,,
ann,,,true,high,student,ann,,Ann,Árni,,,ann@maple.example,,,par,09,
bob,,,TRUE,high,student,bob,,Bob,O'Neil,,, Bob@Maple.Example ,,,,09,
cyd,,,1,"high,mid",student,cyd,,Cyd,Xu,,,,,,,07,
par,,,true,high,parent,par,,Par,Ent,,,par@mail.example,,,ann,,
""",
    "enrollments.csv": """\
sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate
e1,,,alg1,high,tea,teacher,true,,
e2,,,alg1,high,ann,student,false,2026-08-17,2026-12-19
e3,,,alg1,high,ann,student,,2027-01-04,2027-06-05
e4,,,alg1,high,bob,student,,,
e5,,,alg2,high,tea,teacher,TRUE,,
e6,,,alg2,high,cyd,student,,,
e7,,,art1,mid,tea,teacher,1,,
e8,,,art1,mid,bob,student,0,,
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


def faults(roster: Roster) -> list[str]:
    """The faults as an admin sees them, with what each costs."""
    return [f"{fault} {fault.level.value}" for fault in roster.faults]


def zipped(path: Path, files: Mapping[str, str | bytes], top: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(top + name, content)
    return path
