"""The site file: cameras, zones, rules, registers, receivers, validated."""

from vision.model_choice import ModelChoice
from vision.site.camera import Camera
from vision.site.site import Site, SiteInfo, Storage, Webhook
from vision.site.zone import Zone

__all__ = ["Camera", "ModelChoice", "Site", "SiteInfo", "Storage", "Webhook", "Zone"]
