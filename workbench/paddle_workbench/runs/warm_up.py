"""Imported once by the fork server, so that all of this is done when a forked run starts.

The imports, the notebook schema, the templates of the report, the versions of packages and the
kernel provisioners take longer than a small notebook.
"""

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from nbformat.validator import get_validator

from .reports.report import make_exporter
from .running import output, runner
from .store.provenance import package_versions

__all__ = ["output", "runner"]

get_validator(4, 5)
make_exporter()
package_versions()
KernelProvisionerFactory.instance()
