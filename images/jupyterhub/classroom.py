"""What a class is set to, read from the environment and checked before the hub starts."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HOME = "/home/learner"
COURSE = "/srv/paddle-workbench/course"
EXCHANGE = "/usr/local/share/nbgrader/exchange"
# Accounts in the containers: group 0 may write the learner's home, so any uid will do.
FIRST_UID = 20_000
# The limits of one learner, from the article that the course grew out of.
MEMORY = "16G"
CPUS = 4.0
GPUS = 1

AUTHENTICATORS = ("native", "github", "gitlab", "lti", "dummy")
SIZE = re.compile(r"[1-9][0-9]*[KMGT]")
# A name, a tag that is a version, and a digest where a registry gave one.
IMAGE = re.compile(r"[\w.-]+(?::\d+)?(?:/[\w.-]+)*:(?!latest\b)[\w.-]+(?:@sha256:[0-9a-f]{64})?")


class ClassroomError(ValueError):
    """A setting that a class cannot be started with, and what to set instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}\n{hint}")


@dataclass(frozen=True)
class Profile:
    """What a learner may choose: an image and what of the machine it gets.

    Parameters
    ----------
    name, title, image : str
    gpus : int
        Cards for this learner alone.
    """

    name: str
    title: str
    image: str
    gpus: int = 0


@dataclass(frozen=True)
class Classroom:
    """The settings of one class.

    Parameters
    ----------
    authenticator : str
        One of `AUTHENTICATORS`.
    profiles : tuple of Profile
        The first is the default.
    memory : str
        Of one learner, such as `16G`.
    cpus : float
    idle_s : int
        A server that nobody has used for this many seconds is stopped.
    network : str
        The Docker network of hub and learners.
    course : str
        A folder or volume with a teacher's own course; empty for the one in the image.
    exchange : str
        The volume through which nbgrader hands assignments out and in.
    admins, learners : frozenset of str
        Who runs the class, and who may log in.
    authentication : mapping
        Settings of the authenticator, by its class.
    """

    authenticator: str
    profiles: tuple[Profile, ...]
    memory: str
    cpus: float
    idle_s: int
    network: str
    course: str
    exchange: str
    admins: frozenset[str]
    learners: frozenset[str]
    authentication: Mapping[str, Mapping[str, Any]]

    def profile(self, name: str | None) -> Profile:
        """Return the profile of a name; the first if there is no name."""
        if not name:
            return self.profiles[0]
        for profile in self.profiles:
            if profile.name == name:
                return profile
        names = ", ".join(profile.name for profile in self.profiles)
        raise ClassroomError(f"There is no profile {name!r}.", f"There are: {names}.")

    @property
    def volumes(self) -> dict[str, str]:
        """Volumes that a learner writes: the home is the learner's alone."""
        return {"paddle-workbench-{username}": HOME, self.exchange: EXCHANGE}

    @property
    def read_only_volumes(self) -> dict[str, str]:
        return {self.course: COURSE} if self.course else {}

    @property
    def environment(self) -> dict[str, str]:
        return {"PADDLE_WORKBENCH_COURSE": COURSE} if self.course else {}

    def options_form(self, _spawner: object = None) -> str:
        """The form in which a learner chooses a profile; empty where there is no choice."""
        if len(self.profiles) < 2:
            return ""
        rows = [
            f'<div class="radio"><label><input type="radio" name="profile" '
            f'value="{html.escape(item.name)}" required{" checked" * (index == 0)}> '
            f"{html.escape(item.title)}</label></div>"
            for index, item in enumerate(self.profiles)
        ]
        return "".join(rows)

    def options_from_form(self, form: Mapping[str, list[str]]) -> dict[str, str]:
        return {"profile": self.profile((form.get("profile") or [""])[0]).name}

    def choose(self, _spawner: object, options: Mapping[str, str]) -> None:
        """Refuse a profile that is not offered, also when it comes by the hub's API."""
        self.profile(options.get("profile"))

    def prepare(self, spawner: Any) -> None:
        """Give a learner's container its image, its limits and an account of its own."""
        profile = self.profile(spawner.user_options.get("profile"))
        spawner.image = profile.image
        spawner.mem_limit = self.memory
        spawner.cpu_limit = self.cpus
        spawner.extra_create_kwargs = {"user": f"{FIRST_UID + spawner.user.id}:0"}
        spawner.extra_host_config = host_config(profile)


def host_config(profile: Profile) -> dict[str, Any]:
    """Options of a container for Docker, apart from its limits."""
    settings: dict[str, Any] = {
        "read_only": True,
        "tmpfs": {"/tmp": "rw,nosuid,nodev,size=2g"},  # noqa: S108 - of the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": 2048,
        "shm_size": "1g",
    }
    if profile.gpus:
        settings["device_requests"] = [
            {"Driver": "nvidia", "Count": profile.gpus, "Capabilities": [["gpu"]]}
        ]
    return settings


def read_classroom(environ: Mapping[str, str] = os.environ) -> Classroom:
    """Read the settings of a class.

    Raises
    ------
    ClassroomError
        If a setting is missing or wrong; the message names it and its value.
    """
    authenticator = environ.get("WORKBENCH_AUTHENTICATOR", "native")
    if authenticator not in AUTHENTICATORS:
        raise ClassroomError(
            f"WORKBENCH_AUTHENTICATOR={authenticator!r} is not a way to log in.",
            f"Set one of: {', '.join(AUTHENTICATORS)}.",
        )
    admins = names(environ, "WORKBENCH_ADMINS")
    learners = names(environ, "WORKBENCH_LEARNERS")
    if not admins:
        raise ClassroomError(
            "WORKBENCH_ADMINS is empty: nobody could run the class.",
            "Set it to the teachers' names: WORKBENCH_ADMINS=lin,wang",
        )
    return Classroom(
        authenticator=authenticator,
        profiles=read_profiles(environ),
        memory=size(environ, "WORKBENCH_MEMORY", MEMORY),
        cpus=number(environ, "WORKBENCH_CPUS", CPUS),
        idle_s=int(number(environ, "WORKBENCH_IDLE_S", 3600)),
        network=environ.get("WORKBENCH_NETWORK", "paddle-workbench"),
        course=environ.get("WORKBENCH_CLASS_COURSE", ""),
        exchange=environ.get("WORKBENCH_EXCHANGE", "paddle-workbench-exchange"),
        admins=admins,
        learners=learners,
        authentication=read_authentication(authenticator, environ),
    )


def read_profiles(environ: Mapping[str, str]) -> tuple[Profile, ...]:
    profiles = []
    for name, title, gpus in (("cpu", "CPU", 0), ("gpu", "GPU", GPUS)):
        variable = f"WORKBENCH_IMAGE_{name.upper()}"
        image = environ.get(variable)
        if not image:
            continue
        if not IMAGE.fullmatch(image):
            raise ClassroomError(
                f"{variable}={image!r} is not an image with a version.",
                f"Name a tag, never latest: {variable}=paddle-workbench:0.1.0-{name}",
            )
        profiles.append(Profile(name=name, title=title, image=image, gpus=gpus))
    if not profiles:
        raise ClassroomError(
            "Neither WORKBENCH_IMAGE_CPU nor WORKBENCH_IMAGE_GPU names an image.",
            "For example: WORKBENCH_IMAGE_CPU=paddle-workbench:0.1.0-cpu",
        )
    return tuple(profiles)


def read_authentication(
    authenticator: str, environ: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the settings of the authenticator's class, by the class's name."""
    if authenticator == "native":
        # Who signs up waits until an admin lets them in.
        return {"NativeAuthenticator": {"open_signup": False, "minimum_password_length": 10}}
    if authenticator in ("github", "gitlab"):
        kind = {"github": "GitHubOAuthenticator", "gitlab": "GitLabOAuthenticator"}[authenticator]
        wanted = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_CALLBACK_URL")
        client_id, client_secret, callback = required(environ, authenticator, wanted)
        return {
            kind: {
                "client_id": client_id,
                "client_secret": client_secret,
                "oauth_callback_url": callback,
            }
        }
    if authenticator == "lti":
        wanted = ("LTI_CLIENT_ID", "LTI_ISSUER", "LTI_AUTHORIZE_URL", "LTI_JWKS_ENDPOINT")
        client_id, issuer, authorize, keys = required(environ, authenticator, wanted)
        return {
            "LTI13Authenticator": {
                "client_id": [client_id],
                "issuer": issuer,
                "authorize_url": authorize,
                "jwks_endpoint": keys,
                "username_key": "email",
            }
        }
    if environ.get("WORKBENCH_TRIAL") != "yes":
        raise ClassroomError(
            "WORKBENCH_AUTHENTICATOR='dummy' lets anybody in who knows one password.",
            "For a trial on this machine alone set WORKBENCH_TRIAL=yes; for a class: native.",
        )
    (password,) = required(environ, authenticator, ("WORKBENCH_TRIAL_PASSWORD",))
    return {"DummyAuthenticator": {"password": password}}


def required(environ: Mapping[str, str], authenticator: str, wanted: tuple[str, ...]) -> list[str]:
    missing = [name for name in wanted if not environ.get(name)]
    if missing:
        raise ClassroomError(
            f"WORKBENCH_AUTHENTICATOR={authenticator!r} needs {', '.join(missing)}.",
            "Set them in the file that compose.yaml reads: images/jupyterhub/classroom.env",
        )
    return [environ[name] for name in wanted]


def names(environ: Mapping[str, str], variable: str) -> frozenset[str]:
    return frozenset(filter(None, (name.strip() for name in environ.get(variable, "").split(","))))


def size(environ: Mapping[str, str], variable: str, default: str) -> str:
    value = environ.get(variable, default)
    if not SIZE.fullmatch(value):
        raise ClassroomError(f"{variable}={value!r} is not a size.", f"Write it as {variable}=16G")
    return value


def number(environ: Mapping[str, str], variable: str, default: float) -> float:
    value = environ.get(variable, str(default))
    try:
        found = float(value)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise ClassroomError(
            f"{variable}={value!r} is not a number above zero.",
            f"For example: {variable}={default:g}",
        )
    return found
