"""HTTP answers as AWS puts them on the wire, one error form per protocol."""

import io
import json
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel

from auditor.demo.errors import AwsError

CALL = "x-demo-call"
REQUEST_ID = "00000000-demo-4000-8000-000000000000"
_HTML = b"<html><head><title>Gateway</title></head><body>Please sign in to the proxy</body></html>"
_XML = {"query", "ec2", "rest-xml"}


class _Body(io.BytesIO):
    """Body of a response in the way urllib3 hands it out."""

    def stream(self, amt: int = 65536, **_: object) -> "list[bytes]":
        """Yield the whole body."""
        return [self.read()] if amt else []


def response(status: int, body: bytes, headers: dict[str, str] | None = None) -> AWSResponse:
    """Make an HTTP response that botocore takes for its own."""
    sent = HTTPHeaders()
    for name, value in {
        "x-amzn-RequestId": REQUEST_ID,
        "content-length": str(len(body)),
        **(headers or {}),
    }.items():
        sent[name] = value
    return AWSResponse("https://demo.invalid/", status, sent, _Body(body))


def success(model: OperationModel, call_id: str) -> AWSResponse:
    """Make a minimal well-formed success; its content is filled in by the host after parsing."""
    protocol = model.service_model.resolved_protocol
    if protocol not in _XML:
        return response(200, b"{}", {CALL: call_id})
    wrapper = f"{model.name}Result"
    body = f"<{model.name}Response><{wrapper}/></{model.name}Response>".encode()
    return response(200, body, {CALL: call_id})


def failure(model: OperationModel, error: AwsError) -> AWSResponse:
    """Put an error into the protocol of its service."""
    protocol = model.service_model.resolved_protocol
    said = escape(error.message)
    if protocol == "ec2":
        body = (
            f"<Response><Errors><Error><Code>{error.code}</Code><Message>{said}</Message></Error></Errors>"
            f"<RequestID>{REQUEST_ID}</RequestID></Response>"
        ).encode()
    elif protocol == "query":
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{error.code}</Code><Message>{said}</Message></Error>"
            f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        ).encode()
    elif protocol == "rest-xml":
        body = f"<Error><Code>{error.code}</Code><Message>{said}</Message></Error>".encode()
    else:
        code = error.shape or error.code
        body = json.dumps({"__type": code, "message": error.message}).encode()
        headers = {"x-amzn-errortype": code}
        if error.shape:
            headers["x-amzn-query-error"] = f"{error.code};Sender"
        return response(error.status, body, headers)
    return response(error.status, body)


def malformed(model: OperationModel) -> AWSResponse:
    """Break off a body in the middle, with status 200."""
    if model.service_model.resolved_protocol in _XML:
        return response(200, f"<{model.name}Response><{model.name}Result".encode())
    return response(200, b'{"Functions": [{"FunctionNam')


def html(_: OperationModel) -> AWSResponse:
    """Answer with a proxy's page, with status 200."""
    return response(200, _HTML, {"content-type": "text/html"})


def empty_body(model: OperationModel) -> AWSResponse:
    """Answer with a well-formed body that lacks every key."""
    if model.service_model.resolved_protocol in _XML:
        return response(200, f"<{model.name}Response/>".encode())
    return response(200, b"{}")


def bare_404() -> AWSResponse:
    """Answer 404 as a proxy or an emulator does: no AWS error code."""
    return response(404, b"<!doctype html><title>404 Not Found</title>", {"content-type": "text/html"})
