"""Signing a request to S3, by the library of those who answer it."""

from trueup.errors import ConfigError


def signed(method: str, url: str, *, user: str, secret: str, region: str) -> dict[str, str]:
    """The headers that sign a request without a body; raises ConfigError without the library."""
    try:
        from botocore.auth import S3SigV4Auth  # noqa: PLC0415  # an extra, not always there
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415  # as above
        from botocore.credentials import Credentials  # noqa: PLC0415  # as above
    except ImportError:
        raise ConfigError("to ask S3, install trueup with its extra: trueup[s3]") from None
    request = AWSRequest(method=method, url=url)
    S3SigV4Auth(Credentials(user, secret), "s3", region).add_auth(request)
    return dict(request.headers)
