"""What the post-call service is told by its environment, beside the shared settings."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class PostcallSettings(ServiceSettings, service="postcall"):
    temporal_namespace: str = Field("default", min_length=1, description="Temporal namespace of the workflows")
    task_queue: str = Field("postcall", min_length=1, description="The Temporal task queue that the workers share")
    activities: int = Field(16, ge=1, le=500, description="Activities that one worker runs at once")
    settle_s: float = Field(
        1.0, ge=0, le=60, description="Wait after the call's end for events of slower services, in seconds"
    )
    part_limit_s: float = Field(
        300.0,
        gt=0,
        le=86_400,
        description="How long a part (summary, CRM, cost, …) is tried before it is given up, in s",
    )
    late_rows_limit_s: float = Field(
        7 * 86_400.0, gt=0, le=30 * 86_400, description="How long the warehouse is tried after that, in seconds"
    )
    part_retry_max_s: float = Field(
        30.0, ge=1, le=3600, description="Longest pause between two attempts of a part, in seconds"
    )
    heartbeat_s: float = Field(
        10.0,
        ge=1,
        le=600,
        description="Silence after which an activity of a dead worker is given to another, in seconds",
    )
    start_timeout_s: float = Field(
        5.0, gt=0, le=20, description="How long Temporal may take to accept a workflow, in s"
    )
    retry_delay_max_s: float = Field(
        30.0, gt=0, le=600, description="Longest pause before a call's end is offered to Temporal again, in seconds"
    )
    summary_timeout_s: float = Field(
        45.0, gt=0, le=600, description="Deadline of one request for a summary, in seconds"
    )
    billing_timeout_s: float = Field(15.0, gt=0, le=600, description="Deadline of one request for a cost, in seconds")
    warehouse_timeout_s: float = Field(30.0, gt=0, le=600, description="Deadline of one ClickHouse request, in seconds")
