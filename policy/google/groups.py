"""Is somebody in a Google group? Asked of the Directory. It has a scope of its own, which a domain
need not grant. Rollbook reads no list of members, and never changes one.

Google counts groups within groups, but says "Invalid Input" (400) of somebody who is not of the
group's own domain, and 404 of a group that is not there:
https://developers.google.com/workspace/admin/directory/reference/rest/v1/members/hasMember
"""

from policy.google.reader import Reader
from policy.google.transport import Transport


class GroupsGateway:
    """The `Groups` of `base`. Nothing is asked twice: somebody waits for the answer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._reader = Reader(transport, tries=1)

    def has_member(self, group: str, user_id: str) -> bool:
        """Is this account in the group? See `base`."""
        request = self._transport.group_members.hasMember(groupKey=group, memberKey=user_id)
        return self._reader.one(request, doing="ask who is in a group").get("isMember") is True

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()
