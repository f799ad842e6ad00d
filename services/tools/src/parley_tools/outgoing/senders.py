"""Each tenant's senders, made of the tenants' rules when they are asked for."""

from collections.abc import Callable

from parley_core.clock import Clock
from parley_core.egress import EgressPolicy

from parley_tools.credentials.references import Secret
from parley_tools.http import HttpClients
from parley_tools.outgoing.message import Channel, Sender
from parley_tools.outgoing.smtp import SmtpSender
from parley_tools.outgoing.telnyx import TelnyxSender
from parley_tools.outgoing.twilio import TwilioSender
from parley_tools.policy import PolicyDocument


class TenantSenders:
    def __init__(
        self, policies: PolicyDocument, clients: HttpClients, clock: Clock, secret: Callable[[str, str], Secret]
    ) -> None:
        self._policies = policies
        self._clients = clients
        self._clock = clock
        self._secret = secret

    def of(self, tenant: str, channel: Channel) -> Sender | None:
        rules = self._policies.of(tenant)
        if channel == "email":
            return SmtpSender(rules.email, self._secret(tenant, rules.email.key)) if rules.email else None
        if rules.sms is None:
            return None
        client = self._clients.under(EgressPolicy.of(private=rules.private))
        secret = self._secret(tenant, rules.sms.key)
        if rules.sms.provider == "twilio":
            return TwilioSender(client, rules.sms, secret)
        return TelnyxSender(client, rules.sms, secret, self._clock)
