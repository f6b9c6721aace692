"""A class on one server: JupyterHub starts a container for each learner. See README.md."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from classroom import HOME, ClassroomError, read_classroom

try:
    classroom = read_classroom()
except ClassroomError as error:
    sys.exit(str(error))

c = get_config()  # noqa: F821 - JupyterHub gives it to the files that it loads
state = Path(os.environ.get("WORKBENCH_HUB_STATE", "/srv/jupyterhub"))

c.JupyterHub.bind_url = os.environ.get("WORKBENCH_HUB_URL", "http://:8000")
# Learners' servers ask the hub under the name of its container.
c.JupyterHub.hub_bind_url = os.environ.get("WORKBENCH_HUB_API", "http://:8081")
c.JupyterHub.hub_connect_url = os.environ.get("WORKBENCH_HUB_CONNECT", "http://hub:8081")
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
# Learners' servers go on when the hub is restarted or upgraded.
c.JupyterHub.cleanup_servers = False
proxy = os.environ.get("WORKBENCH_HUB_PROXY")
if proxy:
    c.ConfigurableHTTPProxy.command = [proxy]
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")

kinds = {"lti": "ltiauthenticator.lti13.auth.LTI13Authenticator"}
c.JupyterHub.authenticator_class = kinds.get(classroom.authenticator, classroom.authenticator)
for name, settings in classroom.authentication.items():
    c[name].update(settings)
c.Authenticator.admin_users = set(classroom.admins)
c.Authenticator.allowed_users = set(classroom.learners | classroom.admins)
# With passwords of their own an admin lets learners in; elsewhere the list above does.
c.Authenticator.allow_all = classroom.authenticator == "native"

c.JupyterHub.spawner_class = "docker"
c.DockerSpawner.cmd = ["workbench", "lab"]
c.DockerSpawner.image = classroom.profiles[0].image
c.DockerSpawner.remove = True
c.DockerSpawner.network_name = classroom.network
c.DockerSpawner.use_internal_ip = True
c.DockerSpawner.notebook_dir = f"{HOME}/paddle-workbench"
c.DockerSpawner.volumes = classroom.volumes
c.DockerSpawner.read_only_volumes = classroom.read_only_volumes
c.Spawner.environment = classroom.environment
c.Spawner.pre_spawn_hook = classroom.prepare
c.Spawner.apply_user_options = classroom.choose
c.Spawner.options_form = classroom.options_form
c.Spawner.options_from_form = classroom.options_from_form
c.Spawner.default_url = "/lab"
c.Spawner.http_timeout = 120

c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [
            sys.executable,
            "-m",
            "jupyterhub_idle_culler",
            f"--timeout={classroom.idle_s}",
        ],
    }
]
