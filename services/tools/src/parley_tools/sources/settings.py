"""Where a tenant's own tools come from: part of the tenants' rules (`policy`)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

ToolName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Url = Annotated[str, Field(pattern=r"^https?://.+$", max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Auth(_Part):
    """How a secret goes with each request. It is added when the request is made and stands nowhere else."""

    kind: Literal["bearer", "header", "query", "basic"] = "bearer"
    name: str = Field("", max_length=100, description="Name of the header or of the query parameter")
    username: str = Field("", max_length=200, description="Of `basic`")
    key: str = Field(repr=False, description="The secret by reference: `stored:name`, `env:NAME`, `file:/path`")

    @model_validator(mode="after")
    def _named(self) -> "Auth":
        if self.kind in ("header", "query") and not self.name:
            raise ValueError(f"a secret as {self.kind} needs the name of it")
        return self


class Behaviour(_Part):
    """What the platform must know of a tool that its description does not say."""

    tool: ToolName = Field("", description="Name of the tool; empty: made of the operation's")
    description: str = Field("", max_length=2000, description="For the model; empty: that of the document")
    side_effects: bool | None = Field(None, description="Whether it changes something; unset: as the source says")
    effects: list[str] = Field([], description="What its OK bears out, such as `booked`, `sent`, `paid`, `updated`")
    needs_approval: bool = False
    timeout_s: float = Field(8.0, gt=0, le=60, description="Deadline of one attempt (s)")
    success: str = Field("", description="Field of the answer that is true where it was done, such as Slack's `ok`")
    keep: list[str] = Field([], description="Fields of the result that are kept; empty: all")


class Finding(_Part):
    """A look-up that tells what came of a request whose answer was lost."""

    id: str = Field(min_length=1, description="Operation without effects")
    arguments: dict[str, str] = Field(description="Its arguments; `{key}` is the call's key, `{name}` an argument")


class Operation(Behaviour):
    id: str = Field(min_length=1, description="operationId, or method and path: `GET /orders/{id}`")
    key_header: str = Field("", description="Header that takes an idempotency key, such as `Idempotency-Key`")
    key_argument: str = Field("", description="Argument that takes the key instead, such as an external reference")
    find: Finding | None = None
    fixed: dict[str, object] = Field({}, description="Arguments that the model neither sees nor sets")


class OpenApiSource(_Part):
    kind: Literal["openapi"]
    document: str = Field(min_length=1, description="Path of the OpenAPI 3 document (YAML or JSON)")
    server: str = Field("", description="Address of the API; empty: the document's first server")
    hosts: list[str] = Field([], description="Further hosts that may be asked; the server's own always may")
    auth: Auth | None = None
    headers: dict[str, str] = Field({}, description="Sent with each request")
    operations: list[Operation] = Field(min_length=1, description="Only these become tools")


class McpTool(Behaviour):
    id: str = Field(min_length=1, description="Name of the tool at the server")


class McpSource(_Part):
    kind: Literal["mcp"]
    name: ToolName = Field(description="Name of the server, for logs")
    command: list[str] = Field([], description="Program and its arguments, spoken to over stdin and stdout")
    env: dict[str, str] = Field({}, repr=False, description="Its environment; values may be references to secrets")
    url: str = Field("", pattern=r"^(|https?://.+)$", description="Address, for streamable HTTP")
    auth: Auth | None = Field(None, description="`bearer` or `header`, for streamable HTTP")
    tools: list[McpTool] = Field(min_length=1, description="Only these become tools")

    @model_validator(mode="after")
    def _one_way(self) -> "McpSource":
        if bool(self.command) == bool(self.url):
            raise ValueError("an MCP server has either a command or a url")
        if self.auth is not None and self.auth.kind not in ("bearer", "header"):
            raise ValueError("an MCP server takes its secret as bearer or header")
        return self


class WebhookSource(Behaviour):
    kind: Literal["webhook"]
    tool: ToolName
    description: str = Field(min_length=1, max_length=2000)
    url: Url
    key: str = Field(repr=False, description="Secret (`whsec_…`) by reference")
    parameters: dict[str, object] = Field(description="JSON Schema of the arguments")
    result: dict[str, object] = Field({"type": "object"}, description="JSON Schema of the answer")


Source = Annotated[OpenApiSource | McpSource | WebhookSource, Field(discriminator="kind")]
