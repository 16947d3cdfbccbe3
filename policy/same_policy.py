"""Is the policy that a plan was made by still the one in its folder?"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from policy.errors import InputAtFault, StalePlan
from policy.merge.plan import Plan
from policy.rules.folder import DISTRICT
from policy.rules.load import load_policy
from policy.rules.problems import printable

SHOWN = 5


def refuse_another_policy(plan: Plan, named: Path | None) -> None:
    """Raise StalePlan, naming the files that have changed, where the policy isn't the one that the
    plan was made by. It is looked for in the folder that is `named`, else where the plan says.
    Raises InputAtFault when it isn't there, PolicyAtFault when it is broken now."""
    folder = named or (Path(plan.policy.folder) if plan.policy.folder else None)
    if folder is None or not (folder / DISTRICT).exists():
        raise InputAtFault(_not_here(plan, folder))
    policy = load_policy(folder)
    if policy.digest != plan.policy.digest:
        raise StalePlan("\n".join(_stale(plan, folder, policy.files)))


def _stale(plan: Plan, folder: Path, now: Mapping[str, str]) -> Iterator[str]:
    yield f"plan {plan.id} was made by another policy than is now in {folder}"
    if plan.policy.files:
        yield from _changed(plan.policy.files, now)
    yield "Nothing was written. Make a new plan."


def _not_here(plan: Plan, folder: Path | None) -> str:
    where = f"{folder} has no {DISTRICT}" if folder else "the plan does not say where it was"
    return (
        f"the policy of plan {plan.id} is not found: {where}\n"
        "A plan is applied only while its policy is as it was. Nothing was written.\n"
        "  Name the policy's folder:  --policies DIR"
    )


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """The files that aren't as they were, in words."""
    names = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    for name in names[:SHOWN]:
        how = "new" if name not in before else "gone" if name not in now else "changed"
        yield f"  {printable(name)} is {how}"
    if len(names) > SHOWN:
        yield f"  and {len(names) - SHOWN:,} more"
