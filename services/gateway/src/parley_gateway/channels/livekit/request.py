"""The body of `POST /v1/livekit/calls`."""

from pydantic import BaseModel, ConfigDict, Field


class RoomRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    room: str = Field(min_length=1, max_length=200)
    agent: str = Field("", max_length=64)
    tenant: str = Field("", max_length=64)
    user: str = Field("", max_length=200)
    language: str = Field("", max_length=35)
