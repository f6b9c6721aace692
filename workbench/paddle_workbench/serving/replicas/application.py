"""The application of Serve, built from typed arguments; a file for `serve deploy` names `build`."""

# Without annotations from the future: Serve reads that of `build` as a class.

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from ...errors import ServingError
from ...settings import home_folder
from ..token import read_token
from ..workers.nursery import check_target
from .arguments import ApplicationArguments
from .edition import PackedBundle, PlacedBundle, pack_bundle
from .names import DEPLOYMENT
from .replica import GRACE_S, Replica
from .shelf import open_shelf

__all__ = ["build", "deployment", "offer"]

SURGE_PERCENT = 25
"""This share of replicas, at least one, starts before old ones of another version end."""
HEALTH_S = 5.0


def build(arguments: ApplicationArguments) -> Any:
    """Put the bundles on the shelf of the cluster, and return the application.

    Raises
    ------
    BundleError
        If a bundle is not whole and unchanged.
    ServingError
        If the replicas that run cannot open one; they serve what they did before.
    """
    token = read_token(Path(arguments.token_file) if arguments.token_file else None)
    offer(arguments)
    return deployment(arguments, token)


def offer(arguments: ApplicationArguments) -> None:
    """Let an application serve the bundles of its arguments from now on.

    Raises
    ------
    BundleError
        If a bundle is not whole and unchanged.
    ServingError
        If a target is not served, or the replicas that run cannot open a bundle.
    """
    import ray

    packed = [pack_bundle(each.path) for each in arguments.bundles]
    folder = arguments.folder or home_folder() / "cache" / "replicas" / arguments.name
    shelf = open_shelf(arguments.name, Path(folder))
    outcome = ray.get(shelf.offer.remote(packed, _placed(arguments, packed)))
    if outcome.error:
        raise ServingError(outcome.error, outcome.hint)


def deployment(arguments: ApplicationArguments, token: str | None) -> Any:
    """Return the application, whose replicas take what they serve from the shelf."""
    from ray import serve

    fixed = [version_of("paddle-workbench"), arguments.largest_bytes, token]
    replicas: dict[str, Any]
    if arguments.replicas.least == arguments.replicas.most:
        replicas = {"num_replicas": arguments.replicas.least}
    else:
        replicas = {
            "autoscaling_config": {
                "min_replicas": arguments.replicas.least,
                "max_replicas": arguments.replicas.most,
                # One batch in each worker, and another one that waits.
                "target_ongoing_requests": 2 * max(1, arguments.cpus),
            }
        }
    made: Any = serve.deployment(serve.ingress()(Replica))
    return made.options(
        name=DEPLOYMENT,
        # Only what a replica cannot change while it runs lets Serve replace it. Otherwise each
        # deployment would have a version of its own, and the public way is closed since 2.60.
        _internal=True,
        version=hashlib.sha256(json.dumps(fixed).encode()).hexdigest()[:16],
        # More than the queues take: too many are rejected there, by the same answer as on one
        # machine. The rest is for questions about settings and metrics.
        max_ongoing_requests=2 * arguments.most_inputs + 64,
        ray_actor_options={"num_cpus": arguments.cpus},
        graceful_shutdown_timeout_s=GRACE_S,
        graceful_shutdown_wait_loop_s=0.2,
        health_check_period_s=HEALTH_S,
        max_surge_percent=SURGE_PERCENT,
        max_constructor_retry_count=1,
        logging_config={"log_level": "WARNING", "enable_access_log": False},
        **replicas,
    ).bind(arguments.name, arguments.largest_bytes, token)


def _placed(arguments: ApplicationArguments, packed: Sequence[PackedBundle]) -> list[PlacedBundle]:
    placed: dict[tuple[str, str], PlacedBundle] = {}
    for each, one in zip(arguments.bundles, packed, strict=True):
        check_target(each.target)
        placed[one.name, one.version] = PlacedBundle(
            name=one.name,
            version=one.version,
            digest=one.digest,
            path=str(Path(each.path).absolute()),
            target=each.target,
            threads=each.threads,
            settings=each.settings,
            measures_batch=each.measures_batch,
        )
    return list(placed.values())
