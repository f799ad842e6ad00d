"""gRPC face of the service: decode, check ids, call the executor, answer."""

from typing import Any, TypeAlias

import grpc
from parley.v1 import tools_pb2, tools_pb2_grpc
from parley_core.errors import BadInput, ParleyError
from parley_core.ids import check_token
from sqlalchemy.ext.asyncio import AsyncEngine

from parley_tools.credentials.vault import Vault
from parley_tools.pipeline.executor import Executor
from parley_tools.pipeline.outcome import CallResult
from parley_tools.policy import PolicyDocument
from parley_tools.registry import Registry
from parley_tools.schema import canonical
from parley_tools.stores.calls import WAITING, CallStore, StoredCall
from parley_tools.stores.records import checked_limit, records
from parley_tools.tool import CallContext, Checkable, spec_for

SERVICE = tools_pb2.DESCRIPTOR.services_by_name["Tools"].full_name
_MAX_KEY = 200
_MAX_SECRET = 10_000
_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class ToolsService(tools_pb2_grpc.ToolsServicer):
    def __init__(
        self,
        registry: Registry,
        executor: Executor,
        policies: PolicyDocument,
        *,
        store: CallStore,
        database: AsyncEngine,
        vault: Vault,
    ) -> None:
        self._registry = registry
        self._executor = executor
        self._policies = policies
        self._store = store
        self._database = database
        self._vault = vault

    async def ListTools(self, request: tools_pb2.ListToolsRequest, context: _Context) -> tools_pb2.ListToolsResponse:
        policy = self._policies.of(check_token(request.tenant, "tenant"))
        wanted = frozenset(request.names)
        return tools_pb2.ListToolsResponse(
            tools=[
                tools_pb2.Tool(
                    name=spec.name,
                    description=spec.description,
                    parameters_schema=canonical(spec.parameters),
                    result_schema=canonical(spec.result),
                    side_effects=spec.side_effects,
                    needs_approval=spec.needs_approval or spec.name in policy.approve,
                    timeout_ms=round(spec.timeout_s * 1000),
                    effects=spec.effects,
                )
                for spec in (spec_for(tool, request.tenant) for tool in self._registry.all(request.tenant))
                if (not wanted or spec.name in wanted) and (policy.tools is None or spec.name in policy.tools)
            ]
        )

    async def CallTool(self, request: tools_pb2.CallToolRequest, context: _Context) -> tools_pb2.CallToolResponse:
        called = CallContext(
            tenant=check_token(request.tenant, "tenant"),
            call=check_token(request.call, "call") if request.call else "",
            agent=check_token(request.agent, "agent") if request.agent else "",
            user=_short(request.user, "user"),
            turn=request.turn,
            tool_call=_short(request.tool_call, "tool_call"),
            idempotency_key=_short(request.idempotency_key, "idempotency_key"),
        )
        return _response(
            await self._executor.call(called, request.tool, request.arguments_json, allowed=frozenset(request.allowed))
        )

    async def Decide(self, request: tools_pb2.DecideRequest, context: _Context) -> tools_pb2.DecideResponse:
        outcome = await self._executor.decide(
            check_token(request.tenant, "tenant"),
            _short(request.idempotency_key, "idempotency_key"),
            approve=request.approve,
            by=_short(request.by, "by"),
            note=request.note,
        )
        return tools_pb2.DecideResponse(outcome=_response(outcome))

    async def ListApprovals(
        self, request: tools_pb2.ListApprovalsRequest, context: _Context
    ) -> tools_pb2.ListApprovalsResponse:
        tenant, limit = check_token(request.tenant, "tenant"), checked_limit(request.limit)
        found = await self._store.approvals(tenant, decided=request.decided, limit=limit)
        return tools_pb2.ListApprovalsResponse(approvals=[_approval(one) for one in found])

    async def ListRecords(
        self, request: tools_pb2.ListRecordsRequest, context: _Context
    ) -> tools_pb2.ListRecordsResponse:
        rows = await records(
            self._database,
            check_token(request.tenant, "tenant"),
            request.kind,
            call=check_token(request.call, "call") if request.call else "",
            limit=request.limit,
        )
        return tools_pb2.ListRecordsResponse(rows_json=rows)

    async def CheckTool(self, request: tools_pb2.CheckToolRequest, context: _Context) -> tools_pb2.CheckToolResponse:
        tool = self._registry.named(request.tool, check_token(request.tenant, "tenant"))
        try:
            problem = await tool.check() if isinstance(tool, Checkable) else ""
        except ParleyError as error:
            problem = str(error)
        return tools_pb2.CheckToolResponse(problem=problem)

    async def SetCredential(
        self, request: tools_pb2.SetCredentialRequest, context: _Context
    ) -> tools_pb2.SetCredentialResponse:
        tenant, name = check_token(request.tenant, "tenant"), check_token(request.name, "name")
        if not request.value or len(request.value) > _MAX_SECRET:
            raise BadInput("value", f"must have 1 to {_MAX_SECRET} characters")
        await self._vault.put(tenant, name, request.value)
        return tools_pb2.SetCredentialResponse()

    async def ListCredentials(
        self, request: tools_pb2.ListCredentialsRequest, context: _Context
    ) -> tools_pb2.ListCredentialsResponse:
        found = await self._vault.names(check_token(request.tenant, "tenant"))
        return tools_pb2.ListCredentialsResponse(
            credentials=[tools_pb2.Credential(name=name, updated_us=updated_us) for name, updated_us in found]
        )

    async def RemoveCredential(
        self, request: tools_pb2.RemoveCredentialRequest, context: _Context
    ) -> tools_pb2.RemoveCredentialResponse:
        await self._vault.remove(check_token(request.tenant, "tenant"), check_token(request.name, "name"))
        return tools_pb2.RemoveCredentialResponse()

    async def RotateCredentials(
        self, request: tools_pb2.RotateCredentialsRequest, context: _Context
    ) -> tools_pb2.RotateCredentialsResponse:
        count = await self._vault.rotate(check_token(request.tenant, "tenant"))
        return tools_pb2.RotateCredentialsResponse(rewrapped=count)


def _approval(one: StoredCall) -> tools_pb2.Approval:
    return tools_pb2.Approval(
        idempotency_key=one.context.idempotency_key,
        call=one.context.call,
        agent=one.context.agent,
        tool=one.tool,
        arguments_json=one.arguments_json,
        waiting=one.state == WAITING,
        status=one.status,
        decided_by=one.decided_by,
        note=one.note,
        error=one.error,
        updated_us=one.updated_us,
    )


def _short(text: str, where: str) -> str:
    if len(text) > _MAX_KEY:
        raise BadInput(where, f"must have at most {_MAX_KEY} characters")
    return text


def _response(result: CallResult) -> tools_pb2.CallToolResponse:
    return tools_pb2.CallToolResponse(
        status=result.status,
        result_json=result.result_json,
        error=result.error,
        replayed=result.replayed,
        attempts=result.attempts,
        took_ms=result.took_ms,
    )
