"""A folder or a zip file on this machine, into which somebody else puts the drops."""

from datetime import UTC, datetime
from pathlib import Path

from policy.rules.sources import FolderSource, SourceRule
from policy.sources.base import Arrival

_NEVER = datetime.min.replace(tzinfo=UTC)


class Folder:
    """What lies there. Its time is that of the newest CSV file in it, or of the zip."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fetch(self) -> Arrival:
        """The drop as it lies there. One that is not there comes too: whoever opens it says so."""
        path = self._path
        inside = [f for f in path.rglob("*") if f.suffix.casefold() == ".csv"]
        files = inside if path.is_dir() and inside else [path] if path.exists() else []
        times = [datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files]
        return Arrival(path, max(times, default=_NEVER))


def open_folder(rule: SourceRule) -> Folder:
    """The source of a rule whose road is a folder."""
    assert isinstance(rule.road, FolderSource)
    return Folder(Path(rule.road.path))
