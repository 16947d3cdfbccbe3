"""What somebody may see in the side panel, by the `roles` of the policy in force."""

from collections.abc import Callable

from policy.rules.model import Policy


def may_look(email: str, policy: Policy | None, is_in: Callable[[str], bool]) -> bool:
    """May somebody see the administrator's card? `email` is case-folded, "" if it is not known.

    Any role will do. `is_in` tells whether they are in the group with an e-mail; it is asked only
    about those who hold no role by their own address. Where no policy is known nobody holds one.
    """
    if policy is None or _domain(email) not in policy.district.domains:
        return False
    roles = policy.roles
    holders = (*roles.admin, *roles.approver, *roles.viewer)
    if any(holder.email == email for holder in holders if not holder.is_group):
        return True
    groups = dict.fromkeys(holder.email for holder in holders if holder.is_group)
    return any(is_in(group) for group in groups)


def _domain(email: str) -> str:
    return email.rpartition("@")[2]
