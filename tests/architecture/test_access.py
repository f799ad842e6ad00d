"""The tables of who may do what name what there is, and leave nothing out."""

from google.protobuf.descriptor import ServiceDescriptor
from parley.v1 import billing_pb2, events_pb2, llm_pb2, rag_pb2, speech_pb2, tools_pb2
from parley_core.identity import SERVICES
from parley_core.identity.bus_access import ACCESS, permissions
from parley_core.identity.rpc_access import CALLERS

CONTRACT = (billing_pb2, llm_pb2, rag_pb2, speech_pb2, tools_pb2)


def test_every_method_has_its_callers() -> None:
    served: list[ServiceDescriptor] = [
        one for module in CONTRACT for one in module.DESCRIPTOR.services_by_name.values()
    ]
    methods = {f"{service.full_name}/{method.name}" for service in served for method in service.methods}
    assert set(CALLERS) == methods, "libs/core/src/parley_core/identity/rpc_access.py"


def test_callers_are_services() -> None:
    assert not {caller for callers in CALLERS.values() for caller in callers} - set(SERVICES)


def test_every_event_is_appended_by_a_service_and_no_other_is_named() -> None:
    events = {field.message_type.name for field in events_pb2.Event.DESCRIPTOR.oneofs_by_name["body"].fields}
    appended = {event for access in ACCESS.values() for event in access.appends}
    assert appended == events, "libs/core/src/parley_core/identity/bus_access.py"
    followed = {event for access in ACCESS.values() for event in access.follows} - {"*"}
    assert followed <= events


def test_every_service_has_its_permissions_and_none_may_change_streams() -> None:
    assert set(ACCESS) == set(SERVICES)
    for service in SERVICES:
        allowed = permissions(service)["publish"]["allow"]  # type: ignore[index]
        assert not [one for one in allowed if one.startswith(("$JS.API.STREAM.DELETE", "$JS.API.STREAM.UPDATE", ">"))]
