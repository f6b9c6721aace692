"""Validates an RO-Crate in a Python that has the validator: packages, context, ZIP file.

The context of RO-Crate 1.1 is at w3id.org. Here a file has its terms, so that no network is needed.
"""

import io
import json
import sys
import urllib.request
from pathlib import Path
from urllib.response import addinfourl

packages, context_file, crate = sys.argv[1:]
sys.path.insert(0, packages)

import requests  # noqa: E402 - it is among the packages

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
content = Path(context_file).read_bytes()


def send(
    _adapter: object, request: requests.PreparedRequest, **_options: object
) -> requests.Response:
    if request.url != CONTEXT:
        raise requests.ConnectionError(f"The session has no network, for {request.url}")
    response = requests.Response()
    response.status_code = 200
    response.url = CONTEXT
    response.request = request
    response.headers["Content-Type"] = "application/ld+json"
    response.raw = io.BytesIO(content)
    response._content = content
    return response


def open_url(request: urllib.request.Request | str, **_options: object) -> addinfourl:
    url = request if isinstance(request, str) else request.full_url
    if url != CONTEXT:
        raise OSError(f"The session has no network, for {url}")
    return addinfourl(io.BytesIO(content), {"Content-Type": "application/ld+json"}, url, 200)


requests.adapters.HTTPAdapter.send = send
urllib.request.urlopen = open_url

from rocrate_validator import models, services  # noqa: E402 - after the network is gone

answer = {}
for profile in ("ro-crate-1.1", "process-run-crate", "workflow-run-crate"):
    settings = models.ValidationSettings(
        rocrate_uri=crate,
        profile_identifier=profile,
        requirement_severity=models.Severity.REQUIRED,
        no_cache=True,
    )
    result = services.validate(settings)
    issues = result.get_issues()
    answer[profile] = [f"{issue.check.identifier}: {issue.message}" for issue in issues]
json.dump(answer, sys.stdout)
