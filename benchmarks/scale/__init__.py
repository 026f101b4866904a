"""Index engines and their settings at scale: recall, latency, memory, disk and build time."""
