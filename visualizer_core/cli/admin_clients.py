"""``visualizer admin client``: clients, their plans and limits."""

from typing import Annotated

import typer

from visualizer_core.cli.console import (
    DEFAULT_STATE_DIR,
    Json,
    State,
    opened,
    print_json,
    reported,
)
from visualizer_core.cli.showing import plain, say, show_table
from visualizer_core.domain.quota import LimitOverrides, Plan
from visualizer_core.errors import InvalidInput
from visualizer_core.services import accounts
from visualizer_core.services.accounts import ClientInfo

__all__ = ["ACTOR", "Slug", "client"]

ACTOR = "cli"  # as the audit log calls whoever may use the command line
_GB = 1_000_000_000
_MICROS = 1_000_000
_NAMES = {
    "daily_generations": "pictures a day",
    "products_per_collection": "products a collection",
    "storage_bytes": "storage",
    "monthly_budget_micros": "monthly budget",
}

Slug = Annotated[str, typer.Argument(help="Slug of the client.")]

client = typer.Typer(no_args_is_help=True, help="Clients: plan, limits, suspension.")


@client.command("create")
def create(
    *,
    slug: Annotated[str, typer.Option(help="Short name in addresses: north-oak.")],
    name: Annotated[str, typer.Option(help="Name people read.")],
    plan: Annotated[Plan, typer.Option(help="Limits it gets.")] = Plan.FREE,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Make a client."""
    with reported(), opened(state) as (rt, _):
        accounts.create_client(rt, name, slug, plan, actor=ACTOR)
        made = accounts.find_client(rt, slug)
    _say(f"✓ {plain(made.name)} ({made.slug}) is a client on the {made.plan} plan", made, as_json)
    say(f"  next: visualizer admin user create --client {made.slug} --email … --name …")


@client.command("list")
def list_all(*, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """List all clients."""
    with reported(), opened(state) as (rt, _):
        found = accounts.list_clients(rt)
    if as_json:
        print_json({"clients": [_record(one) for one in found]})
        return
    show_table(
        ("slug", "name", "plan", "state", "pictures a day", "products", "storage", "budget"),
        [
            (one.slug, one.name, one.plan, "active" if one.is_active else "suspended", *_words(one))
            for one in found
        ],
    )
    say(f"{len(found)} {'client' if len(found) == 1 else 'clients'}")


@client.command("plan")
def set_plan(
    slug: Slug,
    plan: Annotated[Plan, typer.Argument(help="The new plan.")],
    *,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Change a client's plan, at once; limits set for this client stay."""
    with reported(), opened(state) as (rt, _):
        accounts.set_plan(rt, accounts.find_client(rt, slug).id, plan, actor=ACTOR)
        now = accounts.find_client(rt, slug)
    _say(f"✓ {now.slug} is on the {now.plan} plan", now, as_json)
    _show_limits(now)


@client.command("limits")
def set_limits(
    slug: Slug,
    *,
    daily_generations: Annotated[
        int | None, typer.Option(min=0, help="Pictures a UTC day.")
    ] = None,
    products_per_collection: Annotated[
        int | None, typer.Option(min=1, help="Products in a collection.")
    ] = None,
    storage_gb: Annotated[float | None, typer.Option(min=0, help="Gigabytes of files.")] = None,
    monthly_budget_usd: Annotated[
        float | None, typer.Option(min=0, help="US dollars a UTC month.")
    ] = None,
    weight: Annotated[
        float | None, typer.Option(help="Share of the workers; 1 is normal, 2 is twice.")
    ] = None,
    follow_plan: Annotated[
        bool, typer.Option("--follow-plan", help="First forget every limit set here before.")
    ] = False,
    as_json: Json = False,
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Change limits for one client, at once; without options, show them."""
    wanted = LimitOverrides(
        daily_generations=daily_generations,
        products_per_collection=products_per_collection,
        storage_bytes=None if storage_gb is None else round(storage_gb * _GB),
        monthly_budget_micros=None
        if monthly_budget_usd is None
        else round(monthly_budget_usd * _MICROS),
    ).model_dump(exclude_none=True)
    with reported(), opened(state) as (rt, _):
        before = accounts.find_client(rt, slug)
        if wanted or follow_plan:
            kept = {} if follow_plan else before.overrides.model_dump(exclude_none=True)
            accounts.set_limits(
                rt, before.id, LimitOverrides.model_validate(kept | wanted), actor=ACTOR
            )
        if weight is not None:
            accounts.set_weight(rt, before.id, weight, actor=ACTOR)
        now = accounts.find_client(rt, slug)
    _say(f"✓ limits of {now.slug}", now, as_json)
    _show_limits(now)


@client.command("suspend")
def suspend(slug: Slug, *, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """Stop everything of a client: nobody signs in, nothing more is made; nothing is lost."""
    with reported(), opened(state) as (rt, _):
        accounts.suspend_client(rt, accounts.find_client(rt, slug).id, actor=ACTOR)
        now = accounts.find_client(rt, slug)
    _say(
        f"✓ {now.slug} is suspended; undo: visualizer admin client resume {now.slug}", now, as_json
    )


@client.command("resume")
def resume(slug: Slug, *, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """Let a suspended client go on where it stopped."""
    with reported(), opened(state) as (rt, _):
        accounts.resume_client(rt, accounts.find_client(rt, slug).id, actor=ACTOR)
        now = accounts.find_client(rt, slug)
    _say(f"✓ {now.slug} is active", now, as_json)


@client.command("delete")
def delete(
    slug: Slug,
    *,
    confirm: Annotated[str, typer.Option(help="The slug once more.")],
    state: State = DEFAULT_STATE_DIR,
) -> None:
    """Put a client into the trash, with everything it has; it can be restored for 30 days."""
    with reported(), opened(state) as (rt, _):
        found = accounts.find_client(rt, slug)
        if confirm != found.slug:
            raise InvalidInput(f"Nothing was deleted: --confirm {confirm} is not {found.slug}.")
        accounts.delete_client(rt, found.id, actor=ACTOR)
    say(f"✓ {found.slug} is in the trash; undo: visualizer admin client restore {found.slug}")


@client.command("restore")
def restore(slug: Slug, *, as_json: Json = False, state: State = DEFAULT_STATE_DIR) -> None:
    """Take a client out of the trash."""
    with reported(), opened(state) as (rt, _):
        trashed = [one for one in accounts.list_clients(rt, deleted=True) if one.slug == slug]
        if not trashed:
            raise InvalidInput(f"There is no client {slug!r}, in the trash or out of it.")
        accounts.restore_client(rt, trashed[0].id, actor=ACTOR)
        now = accounts.find_client(rt, slug)
    _say(f"✓ {now.slug} is back", now, as_json)


def _say(words: str, now: ClientInfo, as_json: bool) -> None:  # noqa: FBT001 - the option's own value
    say(words)
    if as_json:
        print_json({"client": _record(now)})


def _words(one: ClientInfo) -> tuple[str, str, str, str]:
    limits = one.limits
    return (
        "no limit" if limits.daily_generations is None else f"{limits.daily_generations:,}",
        f"{limits.products_per_collection:,}",
        "no limit" if limits.storage_bytes is None else f"{limits.storage_bytes / _GB:g} GB",
        "no limit"
        if limits.monthly_budget_micros is None
        else f"${limits.monthly_budget_micros / _MICROS:,.2f}",
    )


def _show_limits(one: ClientInfo) -> None:
    day, products, storage, budget = _words(one)
    changed = sorted(one.overrides.model_dump(exclude_none=True))
    say(
        f"  {day} pictures a day, {products} products a collection, {storage} of files, "
        f"{budget} a month; weight {one.weight:g}"
    )
    if changed:
        names = ", ".join(_NAMES[name] for name in changed)
        say(f"  set for this client: {names}; the rest follows the {one.plan} plan")


def _record(one: ClientInfo) -> dict[str, object]:
    return {
        "id": str(one.id),
        "slug": one.slug,
        "name": one.name,
        "plan": one.plan,
        "active": one.is_active,
        "weight": one.weight,
        "limits": one.limits.model_dump(),
        "overrides": one.overrides.model_dump(exclude_none=True),
        "created_at": one.created_at,
    }
