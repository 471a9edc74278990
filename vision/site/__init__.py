"""Site: the site file's models: cameras, zones, rules, registers, receivers, validated."""

from vision.model_choice import ModelChoice
from vision.site.camera import Camera
from vision.site.site import Site, SiteInfo
from vision.site.storage import Storage
from vision.site.webhook import Webhook
from vision.site.zone import Zone

__all__ = ["Camera", "ModelChoice", "Site", "SiteInfo", "Storage", "Webhook", "Zone"]
