import os

from hypothesis import HealthCheck, settings

# A process that runs no vectors yet is slow, so no example has a deadline.
settings.register_profile("shardsum", max_examples=int(os.environ.get("SHARDSUM_ARRAY_EXAMPLES", "40")), deadline=None, suppress_health_check=list(HealthCheck), database=None)
settings.load_profile("shardsum")
