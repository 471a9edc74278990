"""Drops: why the loop dropped a frame that it had taken."""

from __future__ import annotations

from typing import Final

ENGINE_FAILED: Final = "engine_failed"
"""The engine could not infer this frame, not even alone."""
REMOVED: Final = "camera_removed"
"""The camera was removed while the loop had the frame."""
LOOP_ENDED: Final = "loop_ended"
"""The loop ended on an error while the frame was in its hands."""
