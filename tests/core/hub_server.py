"""A Hugging Face Hub on the loopback, as small as the client allows, with faults on demand.

It answers what `hf_hub_download`, `create_repo` and `create_commit` ask, keeps the commits in
memory and notes every request. `faults` says for a repository which of `FAULTS` befalls the
downloads of files whose names contain a text. Take it out when the test ends: the client goes
on retrying in its threads, and only then do they come to rest.
"""

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = (
    "no file", "no repository", "no revision", "401", "403", "429", "500", "503",
    "hang before the headers", "hang in the body", "drip", "cut", "short", "long", "empty",
    "corrupt", "no commit header", "no etag", "redirect loop", "redirect to nowhere",
    "wrong commit", "garbage", "html",
)  # fmt: skip


class HubServer(ThreadingHTTPServer):
    """Commits by (repository, commit): file name -> content."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.commits: dict[tuple[str, str], dict[str, bytes]] = {}
        self.large: dict[str, bytes] = {}  # uploads by sha256
        self.created: list[dict] = []
        self.requests: list[str] = []
        self.refuse_uploads = False
        self.faults: dict[str, tuple[str, str]] = {}
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, repo: str, files: dict[str, bytes]) -> str:
        """Commit files and return the commit, 40 hex digits that depend on the content."""
        digest = hashlib.sha1(repo.encode())
        for name, content in sorted(files.items()):
            digest.update(name.encode() + content)
        commit = digest.hexdigest()
        self.commits[repo, commit] = dict(files)
        return commit

    def linger(self, repo: str) -> bool:
        """Sleep for a moment; whether the fault is still to go on."""
        return not self.closing.wait(0.1) and repo in self.faults

    def handle_error(self, request, client_address) -> None:
        """A client that goes away is part of the tests."""


@contextmanager
def running() -> Iterator[HubServer]:
    server = HubServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def log_message(self, *args) -> None:
        pass

    def do_HEAD(self) -> None:
        self._resolve()

    def do_GET(self) -> None:
        self._resolve()

    def do_POST(self) -> None:
        self.server.requests.append(f"POST {self.path}")
        body = self._body()
        match self.path.strip("/").split("/"):
            case _ if self.server.refuse_uploads:
                self._answer(401, b"")
            case ["api", "repos", "create"]:
                wish = json.loads(body)
                self.server.created.append(wish)
                repo = "/".join(filter(None, [wish.get("organization"), wish["name"]]))
                self._json({"url": f"{self.server.url}/{repo}"})
            case ["api", "validate-yaml"]:
                self._json({"errors": [], "warnings": []})
            case ["api", "models", _, _, "preupload", _]:
                wish = json.loads(body)["files"]
                self._json({"files": [self._upload_mode(file["path"]) for file in wish]})
            case ["api", "models", user, name, "commit", _]:
                oid = self.server.put(f"{user}/{name}", dict(self._committed(body)))
                url = f"{self.server.url}/{user}/{name}/commit/{oid}"
                self._json({"success": True, "commitOid": oid, "commitUrl": url})
            case [_, _, "info", "lfs", "objects", "batch"]:
                self._json({"transfer": "basic", "objects": [
                    wish | {"actions": {"upload": {"href": f"{self.server.url}/lfs/{wish['oid']}"}}}
                    for wish in json.loads(body)["objects"]
                ]})  # fmt: skip
            case _:
                self._answer(404, b"unknown address")

    def do_PUT(self) -> None:
        self.server.large[self.path.rsplit("/", 1)[1]] = self._body()
        self._answer(200)

    def _upload_mode(self, path: str) -> dict:
        mode = "lfs" if path.endswith(".safetensors") else "regular"
        return {"path": path, "uploadMode": mode, "shouldIgnore": False}

    def _committed(self, body: bytes) -> Iterator[tuple[str, bytes]]:
        for line in body.splitlines():
            part = json.loads(line)
            value = part["value"]
            if part["key"] == "file":
                yield value["path"], base64.b64decode(value["content"])
            elif part["key"] == "lfsFile":
                yield value["path"], self.server.large[value["oid"]]

    def _resolve(self) -> None:
        """``/USER/NAME/resolve/COMMIT/FILE``, the only thing that downloads ask for."""
        self.server.requests.append(f"{self.command} {self.path}")
        user, name, _, commit, file = self.path.strip("/").split("/")
        repo = f"{user}/{name}"
        fault, on_files = self.server.faults.get(repo, ("", ""))
        fault = fault if on_files in file else ""
        files = self.server.commits.get((repo, commit))
        if files is None:
            known = any(repo == other for other, _ in self.server.commits)
            fault = "no revision" if known else "no repository"
        elif file not in files:
            fault = "no file"
        content = b"" if files is None else files.get(file, b"")
        head = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": commit}
        match fault:
            case "no file":
                self._answer(404, headers={"X-Error-Code": "EntryNotFound"})
            case "no repository":
                self._answer(404, headers={"X-Error-Code": "RepoNotFound"})
            case "no revision":
                self._answer(404, headers={"X-Error-Code": "RevisionNotFound"})
            case "401" | "403" | "429" | "500" | "503":
                self._answer(int(fault))
            case "hang before the headers":
                while self.server.linger(repo):
                    pass
                self.close_connection = True
            case "no commit header":
                self._answer(200, content, {"ETag": head["ETag"]})
            case "no etag":
                self._answer(200, content, {"X-Repo-Commit": commit})
            case "redirect loop":
                self._answer(302, headers=head | {"Location": self.path})
            case "redirect to nowhere":
                self._answer(302, headers=head | {"Location": "http://127.0.0.1:9/elsewhere"})
            case "wrong commit":
                self._answer(200, content, head | {"X-Repo-Commit": "b" * 40})
            case "garbage":
                self.wfile.write(b"\x00\xff garbage, not HTTP\r\n\r\n")
                self.close_connection = True
            case "html":
                page = b"<!doctype html><title>Log in to the hotel's network</title>"
                self._answer(200, page, head)
            case "corrupt":
                at = (content.find(b'"sha256": "') + 11) if file == "index.json" else -1
                twisted = bytearray(content)
                twisted[at] ^= 1
                self._answer(200, bytes(twisted), head)
            case "empty":
                self._answer(200, b"", head)
            case "short" | "long" if self.command == "GET":
                self._answer(200, content[:-7] if fault == "short" else content + b"more", head)
            case "cut" | "drip" | "hang in the body" if self.command == "GET":
                self._answer(200, content, head, stop_after=len(content) // 2)
                self._go_on_badly(repo, fault, content[len(content) // 2 :])
            case _:
                self._answer(200, content, head)

    def _go_on_badly(self, repo: str, fault: str, rest: bytes) -> None:
        self.close_connection = True
        self.wfile.flush()
        while fault != "cut" and rest and self.server.linger(repo):
            if fault == "drip":
                self.wfile.write(rest[:1])
                rest = rest[1:]
        self.connection.shutdown(socket.SHUT_RDWR)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _json(self, value: object) -> None:
        self._answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _answer(
        self,
        status: int,
        content: bytes = b"",
        headers: dict[str, str] | None = None,
        stop_after: int | None = None,
    ) -> None:
        self.send_response(status)
        for key, value in ({"Content-Length": str(len(content))} | (headers or {})).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:stop_after])
