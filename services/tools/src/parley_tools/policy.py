"""What a tenant's rules allow: which tools, how many calls a minute, and which of them a person must approve."""

from pathlib import Path

import yaml
from parley_core.errors import BadInput
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parley_tools.outgoing.settings import EmailSettings, SmsSettings
from parley_tools.sources.settings import Source


class ApprovalRules(BaseModel):
    """What happens while a call waits for a decision."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    notify: str = Field("", max_length=254, description="E-mail address or number of the person who decides")
    remind_after_min: int = Field(30, ge=1, le=10_080, description="Time between reminders (min); three are sent")
    expire_after_min: int = Field(1440, ge=1, le=43_200, description="Then it counts as refused (min)")


class TenantPolicy(BaseModel):
    """Rules of one tenant; a field that is not given is not limited, except the rate, which has the setting's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tools: list[str] | None = Field(None, description="Tools that may be used; not given: all")
    approve: list[str] = Field([], description="Tools that wait for a decision, beside those that always do")
    verified: list[str] = Field([], description="Tools for callers who have verified their number or address")
    approvals: ApprovalRules = ApprovalRules()
    calls_per_minute: int | None = Field(None, ge=1, le=100_000)
    sms: SmsSettings | None = Field(None, description="How text messages are sent; not given: they wait for a person")
    email: EmailSettings | None = Field(None, description="How e-mails are sent; not given: they wait for a person")
    sources: list[Source] = Field([], description="Where the tenant's own tools come from")
    private: list[str] = Field([], description="Networks (CIDR) that requests may reach although they are not public")


class PolicyDocument(BaseModel):
    """What stands in the file of rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: TenantPolicy = TenantPolicy()
    tenants: dict[str, TenantPolicy] = {}
    plugins: list[str] = Field([], description="Entry points of `parley.tools` whose tools every tenant may use")

    def of(self, tenant: str) -> TenantPolicy:
        return self.tenants.get(tenant, self.default)


def load_policy(path: str) -> PolicyDocument:
    """Read the file, or take the defaults where `path` is empty. Raises BadInput that names what is wrong."""
    if not path:
        return PolicyDocument()
    try:
        return PolicyDocument.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from None
    except yaml.YAMLError:
        raise BadInput(path, "is not YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{path}: {'.'.join(map(str, first['loc']))}", first["msg"]) from None
