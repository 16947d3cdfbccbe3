"""The files of a policy folder, as bytes and text. What is in them is not known here."""

from dataclasses import dataclass, replace
from pathlib import Path

from policy.rules.problems import Code, Problem, printable

DISTRICT = "district.yaml"
SCHOOLS = "schools"
OF_TESTS = ".test.yaml"  # how the name of a file of tests ends
BYTE_ORDER_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """One file: its `name` within the folder, the name that messages show, and what it holds."""

    name: str
    shown: str
    content: bytes
    text: str

    @property
    def of_schools(self) -> bool:
        return self.name.startswith(f"{SCHOOLS}/")

    @property
    def of_tests(self) -> bool:
        return self.name.endswith(OF_TESTS)


def read_folder(folder: Path, shown_as: str = "") -> tuple[list[PolicyFile], list[Problem]]:
    """district.yaml, schools/*.yaml and *.test.yaml of a folder, in this order, and what is wrong
    with them. `shown_as` stands for the folder in what is shown, if it isn't read where people
    know it."""
    files, problems = _read_folder(folder)
    if not shown_as:
        return files, problems

    def renamed(shown: str) -> str:
        return printable(shown_as) + shown.removeprefix(printable(str(folder)))

    return (
        [replace(file, shown=renamed(file.shown)) for file in files],
        [replace(problem, file=renamed(problem.file)) for problem in problems],
    )


def _read_folder(folder: Path) -> tuple[list[PolicyFile], list[Problem]]:
    shown = printable(str(folder))
    try:
        if not folder.is_dir():
            return [], [_no_folder(folder, shown)]
        paths, problems = _paths(folder)
    except OSError as error:
        return [], [_unreadable(shown, error)]
    files: list[PolicyFile] = []
    for path in paths:
        read = read_file(folder, path)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            files.append(read)
    return files, problems


def _no_folder(folder: Path, shown: str) -> Problem:
    if folder.is_file():
        message = "is a file; expected the folder that holds district.yaml"
        return Problem(Code.FILE_MISSING, shown, message, write=printable(str(folder.parent)))
    message = "there is no such folder; expected the folder that holds district.yaml"
    return Problem(Code.FILE_MISSING, shown, message)


def _paths(folder: Path) -> tuple[list[Path], list[Problem]]:
    """The files to read, and a problem for each file that looks like policy but is not read."""
    problems: list[Problem] = []
    district = folder / DISTRICT
    if not district.exists():
        problems.append(_no_district(folder))
    schools = folder / SCHOOLS
    if schools.exists() and not schools.is_dir():
        message = "is a file; expected a folder with a file for each school or group of schools"
        problems.append(Problem(Code.FILE_NOT_READ, printable(str(schools)), message))
    inside = sorted(schools.rglob("*")) if schools.is_dir() else []
    visible = [path for path in inside if not path.name.startswith(".")]
    read = [path for path in visible if path.parent == schools and _is_of_school(path)]
    problems += [_not_read(path) for path in visible if path not in read and _is_yaml(path)]
    beside = [path for path in _beside(folder) if path != district]
    tests = [path for path in beside if path.parent == folder and path.name.endswith(OF_TESTS)]
    problems += [_not_read(path) for path in beside if path not in tests]
    return [district] * district.exists() + read + tests, problems


def _is_of_school(path: Path) -> bool:
    return path.suffix == ".yaml" and not path.name.endswith(OF_TESTS)


def _beside(folder: Path) -> list[Path]:
    """YAML beside district.yaml, and in folders that are called almost like schools/. A drop's own
    folder, and names that begin with a dot, are not looked at; nor is a district.yml that stands
    for a missing district.yaml: that is told as missing."""
    is_missing = not (folder / DISTRICT).exists()
    alike = [
        path
        for path in folder.iterdir()
        if path.is_dir() and path.name != SCHOOLS and path.name.casefold().startswith("school")
    ]
    near = [*folder.iterdir(), *(path for place in alike for path in place.rglob("*"))]
    return [
        path
        for path in sorted(near)
        if _is_yaml(path)
        and not path.name.startswith(".")
        and not (path.parent == folder and is_missing and path.stem.casefold() == "district")
    ]


def _no_district(folder: Path) -> Problem:
    shown = printable(str(folder / DISTRICT))
    for other in sorted(folder.iterdir()):
        if other.stem.casefold() == "district" and _is_yaml(other):
            message = f"there is no such file, but {printable(other.name)}; rename that"
            return Problem(Code.FILE_MISSING, shown, message)
    message = "there is no such file; every policy has one (docs/policy.md shows the shortest)"
    return Problem(Code.FILE_MISSING, shown, message)


def _is_yaml(path: Path) -> bool:
    return path.suffix.casefold() in (".yaml", ".yml") and path.is_file()


def _not_read(path: Path) -> Problem:
    if path.stem.casefold().endswith(".test"):
        words = "this file would not be read: files of tests stand beside district.yaml"
        write = printable(f"{path.stem}.yaml")
        return Problem(Code.FILE_NOT_READ, printable(str(path)), words, write=write)
    message = "this file would not be read: files of schools stand in schools/ and end in .yaml"
    return Problem(
        Code.FILE_NOT_READ,
        printable(str(path)),
        message,
        write=printable(f"{SCHOOLS}/{path.stem}.yaml"),
    )


def read_file(folder: Path, path: Path, shown: str = "") -> PolicyFile | Problem:
    """One file of a folder, or why it can't be read. It is shown by its path, or as is said."""
    shown = shown or printable(str(path))
    try:
        content = path.read_bytes()
    except OSError as error:
        return _unreadable(shown, error)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _not_text(shown, content, error)
    return PolicyFile(path.relative_to(folder).as_posix(), shown, content, text)


def _not_text(shown: str, content: bytes, error: UnicodeDecodeError) -> Problem:
    if content.startswith(BYTE_ORDER_MARKS_OF_UTF_16):
        message = "is UTF-16; save the file as UTF-8"
    else:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        message = f"is not UTF-8: byte {byte:#04x} in line {line}; save the file as UTF-8"
    return Problem(Code.NOT_TEXT, shown, message)


def _unreadable(shown: str, error: OSError) -> Problem:
    words = (error.strerror or "it can't be read").casefold()
    return Problem(Code.FILE_MISSING, shown, f"can't be read: {words}")
