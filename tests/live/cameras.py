"""The nearest to a camera that a machine without one has: a video device of the kernel's is not here,
but a file and a stream over the loopback go through the same library calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np


def write_clip(path: Path, frames: int = 60, *, size=(160, 120), fps: int = 30) -> Path:
    """A clip whose pictures can be told apart: the brightness is the number of the frame times four."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "10", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            picture = np.full((size[1], size[0], 3), number * 4 % 256, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


class StreamingCamera:
    """A network camera (MJPEG over HTTP) that can be made slow, silent or unplugged.

    Shows the given pictures (RGB) to and fro, or grey ones whose brightness counts them.
    """

    def __init__(self, pictures: Sequence[np.ndarray] = ()) -> None:
        self.pictures = [*pictures, *pictures[-2:0:-1]]
        self.fps = 30.0
        self.silent = threading.Event()
        self.unplugged = threading.Event()
        self.sent = 0
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if camera.unplugged.is_set():
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    while not camera.unplugged.is_set():
                        if not camera.silent.is_set():
                            self.wfile.write(camera.part())
                        time.sleep(1 / camera.fps)
                except OSError:
                    return

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/video"

    def part(self) -> bytes:
        self.sent += 1
        if self.pictures:
            picture = self.pictures[self.sent % len(self.pictures)][:, :, ::-1]
        else:
            picture = np.full((120, 160, 3), self.sent % 256, dtype=np.uint8)
        jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        return head.encode() + jpeg + b"\r\n"


@contextmanager
def streaming_camera(pictures: Sequence[np.ndarray] = ()) -> Iterator[StreamingCamera]:
    camera = StreamingCamera(pictures)
    thread = threading.Thread(target=camera.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield camera
    finally:
        camera.unplugged.set()
        camera.server.shutdown()
        camera.server.server_close()
        thread.join()
