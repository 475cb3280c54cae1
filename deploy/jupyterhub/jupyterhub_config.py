"""JupyterHub for one class in one container: an account and a server for each user."""

import os

c = get_config()

# Inside the container; compose.yaml publishes it on 127.0.0.1 only.
c.JupyterHub.bind_url = "http://0.0.0.0:8000"
c.JupyterHub.db_url = "sqlite:////srv/hub/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = "/srv/hub/cookie_secret"

# Accounts of the container, made by start-hub; nobody else of it may log in.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.open_sessions = False
c.Authenticator.allowed_users = set(os.environ["HUB_USERS"].split())
c.Authenticator.admin_users = set(os.environ.get("HUB_ADMINS", "").split())
c.Authenticator.delete_invalid_users = True

# Each user's server runs as that user, on a copy of the course in the user's home.
c.Spawner.cmd = ["start-course", "jupyterhub-singleuser"]
c.Spawner.notebook_dir = "~/lessons"
c.Spawner.default_url = "/lab/tree/notebooks/00-start-here.ipynb"
# What a kernel prints is heard by its user alone: loopback is everybody's in this container.
c.Spawner.args = ["--KernelManager.transport_encryption=auto"]
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 60
