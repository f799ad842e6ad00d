"""An operation of somebody's HTTP API as a tool."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from parley.v1 import tools_pb2
from parley_core.egress import EgressPolicy
from parley_core.errors import BadInput, NotFound

from parley_tools.http import HttpClient, HttpClients
from parley_tools.sources.answers import outcome_of
from parley_tools.sources.authorization import Authorizer
from parley_tools.sources.openapi.document import OpenApiOperation, load_document
from parley_tools.sources.openapi.request import request_of
from parley_tools.sources.settings import OpenApiSource, Operation
from parley_tools.tool import CallContext, JsonObject, Outcome, ToolSpec

_SAFE = ("GET", "HEAD", "OPTIONS")
_IDEMPOTENT = (*_SAFE, "PUT", "DELETE")  # RFC 9110, 9.2.2
_KEY = "a-zA-Z0-9_-"


class OpenApiTool:
    def __init__(
        self,
        source: OpenApiSource,
        chosen: Operation,
        operation: OpenApiOperation,
        finding: OpenApiOperation | None,
        *,
        client: HttpClient,
        server: str,
        authorizer: Authorizer,
    ) -> None:
        self._source = source
        self._chosen = chosen
        self._operation = operation
        self._finding = finding
        self._client = client
        self._server = server
        self._authorizer = authorizer
        side_effects = chosen.side_effects
        self.spec = ToolSpec(
            name=chosen.tool or tool_name(operation.id),
            description=chosen.description or operation.description,
            parameters=_seen(operation.schema, {*chosen.fixed, chosen.key_argument}),
            result={"type": "object"} if chosen.keep else operation.result,
            side_effects=operation.method not in _SAFE if side_effects is None else side_effects,
            timeout_s=chosen.timeout_s,
            needs_approval=chosen.needs_approval,
            effects=tuple(chosen.effects),
        )

    async def send(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        chosen, given = self._chosen, {**arguments, **self._chosen.fixed}
        if chosen.key_argument:
            given[chosen.key_argument] = context.idempotency_key
        headers = {chosen.key_header: key_of(context)} if chosen.key_header else {}
        return await self._asked(self._operation, given, headers, chosen.keep, chosen.success)

    async def find(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome | None:
        if self._finding is not None and self._chosen.find is not None:
            wanted = _filled(self._chosen.find.arguments, context, arguments)
            outcome = await self._asked(self._finding, wanted, {}, ())
            if outcome.status == tools_pb2.TOOL_STATUS_NOT_FOUND:
                return None
            if outcome.status != tools_pb2.TOOL_STATUS_OK:
                raise NotFound("request", context.idempotency_key)
            lists = [value for value in outcome.result.values() if isinstance(value, list)]
            if not lists:
                return outcome
            if not lists[0]:
                return None
            first = lists[0][0]
            return replace(outcome, result=first if isinstance(first, dict) else {"value": first})
        if self._chosen.key_header or self._operation.method in _IDEMPOTENT:
            return None
        raise NotFound("request", context.idempotency_key)

    async def check(self) -> str:
        """Any answer of the server will do: it is there, and the secret can be had."""
        await self._authorizer.authorized()
        await self._client.request("GET", self._server)
        return ""

    async def _asked(
        self,
        operation: OpenApiOperation,
        arguments: Mapping[str, object],
        headers: dict[str, str],
        keep: Sequence[str],
        success: str = "",
    ) -> Outcome:
        authorized = await self._authorizer.authorized()
        request = request_of(
            operation,
            self._server,
            arguments,
            query=authorized.query,
            headers={**self._source.headers, **headers, **authorized.headers},
        )
        answer = await self._client.request(request.method, request.url, headers=request.headers, body=request.body)
        return outcome_of(self.spec.name, answer, authorized.secrets, keep, success)


def openapi_tools(
    source: OpenApiSource, clients: HttpClients, authorizer: Authorizer, private: list[str]
) -> list[OpenApiTool]:
    """The source's tools. Raises BadInput that names the document and the operation."""
    document = load_document(source.document)
    server = source.server or document.server()
    host = urlsplit(server).hostname or ""
    policy = EgressPolicy.of([host, *source.hosts], private)
    policy.check_url(server)
    return [
        OpenApiTool(
            source,
            chosen,
            document.operation(chosen.id),
            document.operation(chosen.find.id) if chosen.find else None,
            client=clients.under(policy),
            server=server,
            authorizer=authorizer,
        )
        for chosen in source.operations
    ]


def tool_name(operation: str) -> str:
    """`getOrderById` becomes get_order_by_id."""
    words = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()).strip("_")
    return (words if words[:1].isalpha() else f"tool_{words}")[:64]


def key_of(context: CallContext) -> str:
    """The call's key in letters that servers take."""
    return re.sub(f"[^{_KEY}]", "-", f"{context.tenant}-{context.idempotency_key}")[-200:]


def _seen(schema: JsonObject, hidden: set[str]) -> JsonObject:
    """What a model may set: without the fixed arguments."""
    properties, required = schema.get("properties"), schema.get("required")
    assert isinstance(properties, dict)  # noqa: S101 - `document` makes it so
    unknown = {one for one in hidden if one} - set(properties)
    if unknown:
        raise BadInput("source", f"the operation has no {', '.join(sorted(unknown))}")
    seen: JsonObject = {**schema, "properties": {name: one for name, one in properties.items() if name not in hidden}}
    if isinstance(required, list):
        seen["required"] = [name for name in required if name not in hidden]
    return seen


def _filled(wanted: Mapping[str, str], context: CallContext, arguments: Mapping[str, object]) -> JsonObject:
    values = {name: json.dumps(one) if isinstance(one, (dict, list)) else str(one) for name, one in arguments.items()}
    values["key"] = context.idempotency_key

    def fill(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], ""), text)

    return {name: fill(text) for name, text in wanted.items()}
