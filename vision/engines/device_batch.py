"""A batch of pictures as a network's input, in the memory of the device that runs it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import interpolate

from vision.engines.letterbox import GREY, Letterbox
from vision.frames import Image


def device_batch(
    images: Sequence[Image], boxes: Sequence[Letterbox], device: torch.device
) -> torch.Tensor:
    """Pictures letterboxed for a network, arrays by the host and tensors where it runs.

    A tensor goes there as it is, in one copy where it fills the input. An array has to be copied
    into pinned memory in any case, and drawing it there carries no more bytes than the input has.
    Readers have scaled it already, so that this is the copy; of a larger one, scaling costs a core
    no more than copying it would (`README.md`).

    Args:
        images: H×W×3 uint8 BGR each.
        boxes: their letterboxes, all of one shape.
        device: where the batch is to lie. On CUDA all is enqueued on the current stream.

    Returns:
        N×H×W×3 uint8 BGR.
    """
    shape = (len(images), *boxes[0].shape, 3)
    tensors = {n: image for n, image in enumerate(images) if isinstance(image, torch.Tensor)}
    if len(tensors) == len(images):
        pixels = torch.empty(shape, dtype=torch.uint8, device=device)
    else:
        room = torch.empty(shape, dtype=torch.uint8, pin_memory=device.type == "cuda")
        for image, box, place in zip(images, boxes, room.numpy(), strict=True):
            if not isinstance(image, torch.Tensor):
                box.draw(image, place)
        pixels = room.to(device, non_blocking=True)
    for number, picture in tensors.items():
        draw_there(picture, boxes[number], pixels[number])
    return pixels


def draw_there(picture: torch.Tensor, box: Letterbox, into: torch.Tensor) -> None:
    """`Letterbox.draw` in torch, where `into` lies; `picture` comes there first.

    Args:
        picture: H×W×3 uint8, on that device or in memory that it can read.
        box: how it lies in the input.
        into: the input, `box.shape`×3 uint8.
    """
    if picture.shape == into.shape:
        into.copy_(picture, non_blocking=True)
        return
    into.fill_(GREY)
    bottom, right = box.top + box.scaled_height, box.left + box.scaled_width
    room = into[box.top : bottom, box.left : right]
    picture = picture.to(into.device, non_blocking=True)
    if picture.shape != room.shape:
        planes = picture.permute(2, 0, 1)[None].float()
        # As OpenCV's INTER_LINEAR: by the centres of pixels, and no wider where it shrinks.
        scaled = interpolate(planes, room.shape[:2], mode="bilinear", align_corners=False)
        picture = scaled[0].permute(1, 2, 0).round_()
    room.copy_(picture)
