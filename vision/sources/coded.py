"""Coded: how a stream is coded, for clips of it that are written when it is long closed."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """How a stream is coded, which outlives it.

    Attributes:
        codec: FFmpeg's name of the codec.
        width, height: pixels.
        extradata: what a decoder needs before the first picture, where the stream states it apart:
            many RTSP cameras send it in their answer only, never amid the pictures.
        template: a stream of a file that is never written, with all of this.
    """

    codec: str
    width: int
    height: int
    extradata: bytes | None = None
    template: VideoStream | None = None

    @classmethod
    def of(cls, stream: VideoStream) -> Coded:
        """That of an open stream."""
        context = stream.codec_context
        template = None
        with suppress(FFmpegError, ValueError):  # writing it will say why not
            template = av.open(io.BytesIO(), "w", format="mp4").add_stream_from_template(
                stream, opaque=True
            )
        size = context.width, context.height
        return cls(stream.codec.name, *size, context.extradata, template)

    def add_to(self, output: OutputContainer) -> VideoStream:
        """Make such a stream in a file.

        Raises:
            ValueError: the file cannot hold it.
        """
        if self.template is not None:
            return output.add_stream_from_template(self.template, opaque=True)
        made = output.add_mux_stream(self.codec, width=self.width, height=self.height)
        assert isinstance(made, VideoStream)
        return made
