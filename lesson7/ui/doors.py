"""Which addresses the app answers; all others are not found, before Gradio sees the request.

Gradio comes with some sixty routes, most of them for what this app does not have: sign-in,
recordings, an editor, remote apps, shared states. A few would hurt: ``/pwa_icon/30000`` draws
an icon of 900 million pixels, ``deep_link`` writes a file at every visit, ``dev/reload`` looks
for changes twenty times a second as long as somebody listens. So the list says what is open:
what the page asks for, the client libraries, curl, and assistants (MCP). A route that a later
Gradio adds stays closed until it is listed here.

    is_open     whether a request goes on to the app
    is_fetch    whether it asks the server to fetch something from elsewhere
    is_call     whether it hands in work, whose form Gradio trusts
    is_tool     whether an assistant hands it in
    called      the endpoint that a caller asks, by the name in the address
"""

import re

_READ = re.compile(
    r"/(config/?|theme\.css|favicon\.ico|robots\.txt|manifest\.json|pwa_icon(/192|/512)?)?"
    r"|/(assets|static|svelte)/.+"
    r"|/gradio_api/(info/?|openapi\.json|startup-events|app_id/?|theme\.css|upload_progress)"
    r"|/gradio_api/(queue/(data|status)|heartbeat/[^/]+|call/.+|file=.+|mcp(/.*)?)",
    re.DOTALL,
)
_WRITE = re.compile(
    r"/gradio_api/(queue/join|(call|call/v2|run)/[^/]+/?|upload/?|cancel|reset/?|mcp(/.*)?)"
)
_MCP = re.compile(r"/gradio_api/mcp(/.*)?")
_CALL = re.compile(r"/gradio_api/(queue/join|call/|run/)")
_CALLED = re.compile(r"/gradio_api/(?:call|call/v2|run)/([^/]+)/?")
_METHODS = {
    "GET": (_READ,),
    "HEAD": (_READ,),
    "POST": (_WRITE,),
    "DELETE": (_MCP,),  # how an assistant ends its session
    "OPTIONS": (_READ, _WRITE),  # how a browser asks whether another page may call
}


def is_open(method: str, path: str) -> bool:
    """Whether the app answers ``method`` at ``path``.

    >>> is_open("GET", "/"), is_open("POST", "/"), is_open("GET", "/gradio_api/deep_link")
    (True, False, False)
    """
    return any(pattern.fullmatch(path) for pattern in _METHODS.get(method, ()))


def is_fetch(path: str) -> bool:
    """Whether ``path`` is Gradio's ``file=`` with an address of the web.

    >>> is_fetch("/gradio_api/file=https://example.com/a.png")
    True
    """
    return "file=http" in path.lower()


def called(path: str) -> str | None:
    """The name of the endpoint that a body sent to ``path`` is for, where the address says it.

    >>> called("/gradio_api/call/classify"), called("/gradio_api/queue/join")
    ('classify', None)
    """
    match = _CALLED.fullmatch(path)
    return match[1] if match else None


def is_call(path: str) -> bool:
    """Whether a body sent to ``path`` names a function and its arguments.

    >>> is_call("/gradio_api/call/classify"), is_call("/gradio_api/upload")
    (True, False)
    """
    return _CALL.match(path) is not None


def is_tool(method: str, path: str) -> bool:
    """Whether an assistant asks for something.

    >>> is_tool("POST", "/gradio_api/mcp/"), is_tool("GET", "/gradio_api/mcp/")
    (True, False)
    """
    return method == "POST" and _MCP.fullmatch(path) is not None
