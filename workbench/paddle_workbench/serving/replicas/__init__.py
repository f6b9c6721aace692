"""Serve bundles by several replicas of a server, on one machine or a cluster, with Ray Serve.

A replica holds what a server of one machine does: the same application with its workers, queue and
limits. Ray starts and replaces replicas, and its proxies hand requests to them. What must be the
same in all of them, the bundles and their settings, is an `edition`, which the `shelf` keeps: a
replica that starts takes it from there, and all change to the next one together, or none does.

Modules import Ray inside functions, since it is not installed everywhere and takes a second.
"""
