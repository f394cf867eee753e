# SPDX-License-Identifier: BSD-2-Clause
"""A headless Chromium, steered over its debugging pipe: it reads from descriptor 3 and
writes to descriptor 4, documents of JSON with a zero byte behind each."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 60


class Browser:
    """Closes with its context; leaves nothing behind."""

    def __enter__(self) -> "Browser":
        self._folder = tempfile.TemporaryDirectory(
            prefix="ngx-acme-chromium.", ignore_cleanup_errors=True)
        to_read, self._requests = os.pipe()
        self._answers, to_write = os.pipe()
        # As descriptors 3 and 4 of the program; dup2() would close one too early
        # if they were those numbers already.
        os.set_inheritable(to_read, True)
        os.set_inheritable(to_write, True)
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "bash", PROGRAM,
             "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", "--no-first-run",
             f"--user-data-dir={self._folder.name}",
             "--remote-debugging-pipe", "about:blank"],
            pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._number = 0
        self._session = ""
        self.complaints: list[str] = []
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(each for each in pages if each["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=page["targetId"],
                                  flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._requests)  # that ends it
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._answers)
        self._folder.cleanup()

    def call(self, method: str, **parameters: object) -> dict:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._requests, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _receive(self) -> dict:
        while b"\0" not in self._buffer:
            part = os.read(self._answers, 1 << 16)
            if not part:
                raise RuntimeError("Chromium has gone")
            self._buffer += part
        text, self._buffer = self._buffer.split(b"\0", 1)
        message = json.loads(text)
        if message.get("method") == "Log.entryAdded":
            self.complaints.append(message["params"]["entry"]["text"])
        if message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(message["params"]["exceptionDetails"]))
        if message.get("method") == "Page.javascriptDialogOpening":
            # Whatever is asked is agreed to; the answer to this one is not awaited.
            self._number += 1
            os.write(self._requests, json.dumps({
                "id": self._number, "sessionId": self._session,
                "method": "Page.handleJavaScriptDialog",
                "params": {"accept": True}}).encode() + b"\0")
        return message

    def set_script(self, on: bool) -> None:
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def set_window(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def set_scheme(self, scheme: str) -> None:
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait_for(f"document.readyState === 'complete' && location.href === {url!r}")

    def value(self, expression: str) -> object:
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                          awaitPromise=True, userGesture=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"]["description"])
        return found["result"].get("value")

    def wait_for(self, expression: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._value_or_none(expression):
            assert time.monotonic() < deadline, f"never: {expression}"
            time.sleep(0.05)

    def _value_or_none(self, expression: str) -> object:
        try:
            return self.value(expression)
        except RuntimeError as error:
            # One page has gone, and the next one is not there yet.
            if "context" in str(error) or "navigated" in str(error):
                return None
            raise

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            codes = {"Tab": 9, "Enter": 13}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=codes[key])

    def screenshot(self, file: Path) -> None:
        # The whole page, not only what the window shows.
        file.write_bytes(base64.b64decode(
            self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]))
