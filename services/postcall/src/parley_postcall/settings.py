"""Settings of the post-call service, beside the shared ones."""

from typing import ClassVar

from parley_core.settings import ServiceSettings, constants
from pydantic import Field


class PostcallSettings(ServiceSettings, service="postcall"):
    temporal_namespace: str = Field("default", min_length=1, description="Temporal namespace of the workflows")
    task_queue: str = Field("postcall", min_length=1, description="Temporal task queue that the workers share")

    removed: ClassVar = constants(
        "activities",
        "settle_s",
        "part_limit_s",
        "late_rows_limit_s",
        "part_retry_max_s",
        "heartbeat_s",
        "start_timeout_s",
        "retry_delay_max_s",
        "summary_timeout_s",
        "billing_timeout_s",
        "warehouse_timeout_s",
    )
