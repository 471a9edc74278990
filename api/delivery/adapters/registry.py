"""Registry: the adapter that a webhook of the site file names."""

from __future__ import annotations

from typing import cast

from api.delivery.adapters.adapter import Adapter
from vision.site import Webhook
from vision.site.adapter import plug_in


def adapter_of(hook: Webhook) -> Adapter:
    """A new adapter for this receiver.

    Raises:
        SiteError: no installed package has it.
    """
    return cast("Adapter", plug_in(hook.adapter)(hook.settings))
