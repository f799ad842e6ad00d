"""The Temporal worker of one process: waits for Temporal, serves workflow and activities, and feeds in ended calls."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from parley_core.runtime import Runtime
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from parley_postcall.activities import Activities
from parley_postcall.boundary import ActivityBoundary
from parley_postcall.messages import Limits
from parley_postcall.settings import PostcallSettings
from parley_postcall.starter import Starter, consuming
from parley_postcall.tuning import PostcallTuning
from parley_postcall.workflow import PostcallWorkflow

log = logging.getLogger(__name__)

CONNECT_EVERY_S: Final = 0.5
CHECK_EVERY_S: Final = 5.0
CHECK_TIMEOUT_S: Final = 3.0
# A killed worker's cached workflows wait so long for it before any other worker may take them.
STICKY_S: Final = 2.0


class PostcallWorker:
    """`run` serves until `stop`; running activities get the drain time to end and are given back after it."""

    def __init__(
        self, settings: PostcallSettings, tuning: PostcallTuning, runtime: Runtime, activities: Activities
    ) -> None:
        self._settings = settings
        self._tuning = tuning
        self._runtime = runtime
        self._activities = activities
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def drain(self) -> None:
        """Take nothing new and wait until what runs has ended or was given back to Temporal."""
        self.stop()
        await self._stopped.wait()

    async def run(self) -> None:
        try:
            client = await self._connected()
            if client is not None:
                await self._serve(client)
        finally:
            self._stopped.set()

    async def _serve(self, client: Client) -> None:
        settings, tuning = self._settings, self._tuning
        limits = Limits(
            settle_s=tuning.settle_s,
            part_s=tuning.part_limit_s,
            late_rows_s=tuning.late_rows_limit_s,
            heartbeat_s=tuning.heartbeat_s,
            retry_max_s=tuning.part_retry_max_s,
        )
        starter = Starter(client, settings.task_queue, limits, tuning.start_timeout_s)
        name = f"postcall {self._runtime.worker}"
        # Left in the opposite order: first no new calls, then the worker ends what it runs.
        async with (
            postcall_worker(
                client,
                self._activities,
                task_queue=settings.task_queue,
                identity=self._runtime.worker,
                concurrent=tuning.activities,
                grace_s=settings.drain_timeout_s * 0.8,
            ),
            consuming(settings.nats_url, name, starter, delay_max_s=tuning.retry_delay_max_s),
        ):
            log.info("worker ready", extra={"task_queue": settings.task_queue})
            while not self._stopping.is_set():
                self._tell(await _trouble(client))
                await self._pause(CHECK_EVERY_S)

    async def _connected(self) -> Client | None:
        """Connect, however long Temporal takes to start; None if stopped before."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self._stopping.is_set():
            waited_s = round(loop.time() - began)
            try:
                client = await Client.connect(
                    self._settings.temporal_address,
                    namespace=self._settings.temporal_namespace,
                    identity=self._runtime.worker,
                )
                trouble = await _trouble(client)
            except RuntimeError:  # what the SDK raises for a server that is not there
                trouble = f"no server answers at {self._settings.temporal_address}"
            if not trouble:
                return client
            self._tell(f"{trouble}, waiting for {waited_s} s")
            await self._pause(CONNECT_EVERY_S)
        return None

    def _tell(self, trouble: str) -> None:
        self._runtime.health.set("temporal", not trouble, trouble)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


def postcall_worker(
    client: Client, activities: Activities, *, task_queue: str, identity: str, concurrent: int, grace_s: float
) -> Worker:
    """The worker as production and tests run it. `grace_s`: what running activities get to end at a shutdown."""
    return Worker(
        client,
        task_queue=task_queue,
        identity=identity,
        workflows=[PostcallWorkflow],
        activities=activities.all(),
        interceptors=[ActivityBoundary()],
        max_concurrent_activities=concurrent,
        graceful_shutdown_timeout=timedelta(seconds=grace_s),
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=STICKY_S),
    )


async def _trouble(client: Client) -> str:
    """Why the namespace cannot be used at this moment; "" when it can."""
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=timedelta(seconds=CHECK_TIMEOUT_S)
        )
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return f"Temporal has no namespace {client.namespace!r}"
        return f"Temporal answers {error.status.name}"
    return ""
