"""Run folders on disk: records, events, locks, metrics, and where a run came from."""
