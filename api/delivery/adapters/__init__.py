"""Adapters: how an event becomes a request in a receiver's own form, and what its answer means."""

from api.delivery.adapters.adapter import Adapter, Answer, Event, Part, Request, Undeliverable
from api.delivery.adapters.registry import adapter_of

__all__ = ["Adapter", "Answer", "Event", "Part", "Request", "Undeliverable", "adapter_of"]
