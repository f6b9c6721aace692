"""Serve bundles over HTTP, in worker processes that are supervised.

One process speaks HTTP and queues what arrives (`application`, `batching`); it never imports a
runtime. For each bundle a `nursery` has imported the runtime and forks the workers, so that a
worker that ends is replaced within a fraction of a second. A worker opens one predictor, with
threads of its own, and answers one batch after the other.

This module imports nothing, so that the processes start quickly.
"""
