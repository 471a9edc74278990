"""Site: the site file's models: cameras, zones, rules, registers, receivers, validated."""

from vision.model_choice import ModelChoice
from vision.site.site import (
    Camera,
    Site,
    SiteInfo,
    Storage,
    Webhook,
    Zone,
)

__all__ = ["Camera", "ModelChoice", "Site", "SiteInfo", "Storage", "Webhook", "Zone"]
