"""Settings: read once from WAYMARK_* variables, frozen, and refused with a clear message when bad."""

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

EVERYWHERE = ("", "0.0.0.0", "[::]")  # noqa: S104  # compared with, not bound to
# What Kubernetes puts beside a Service called waymark
_KUBERNETES = re.compile(r"WAYMARK_(SERVICE_\w+=.*|PORT=tcp://.*|PORT_\d+_\w+=.*)")
VERSIONS = ("1.0.3", "2.0.0")


class BadSetting(Exception):
    """A setting that can't be used: its variable, and what it must be."""


@dataclass(frozen=True)
class Settings:
    """Every setting, with its default; `docs/settings.md` lists them."""

    data: Path = Path("data")
    bind: str = "127.0.0.1:8080"
    mongodb_uri: str = field(default="", repr=False)  # it may hold a password
    database: str = "waymark"
    default_xapi_version: str = "1.0.3"
    workers: int = os.cpu_count() or 1
    threads: int = 8
    public_url: str = ""  # where clients reach it; empty: http:// and bind
    max_body: int = 8 * 1024 * 1024
    max_upload: int = 256 * 1024 * 1024
    max_batch: int = 1000
    page_limit: int = 500
    rate: int = 5000
    fetch_origins: str = ""
    fetch_networks: str = ""
    admin_key: str = ""
    admin_secret: str = field(default="", repr=False)

    @property
    def port(self) -> int:
        return int(self.bind.rpartition(":")[2])

    @property
    def base_url(self) -> str:
        """The address that answers name themselves by, without a slash at its end."""
        return self.public_url or self.local_url

    @property
    def local_url(self) -> str:
        """The address from this machine, whatever the public one is."""
        host = self.bind.rpartition(":")[0]
        return f"http://{'127.0.0.1' if host in EVERYWHERE else host}:{self.port}"

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The origins that may be fetched from."""
        return tuple(each.strip().lower().rstrip("/") for each in self.fetch_origins.split(",") if each.strip())

    @property
    def allowed_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks that may be fetched from though they aren't public. Raises ValueError."""
        return tuple(ip_network(each.strip()) for each in self.fetch_networks.split(",") if each.strip())

    def as_environment(self) -> dict[str, str]:
        """The variables that give a child process these settings."""
        return {f"WAYMARK_{name.upper()}": str(getattr(self, name)) for name in self.__dataclass_fields__}

    def with_options(self, **options: Any) -> "Settings":
        """These settings with the command line's options over them; None leaves one as it is."""
        return checked(replace(self, **{name: value for name, value in options.items() if value is not None}))


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `environ` gives. Raises BadSetting for a bad value or an unknown WAYMARK_ variable."""
    known = {f"WAYMARK_{each.name.upper()}": each.name for each in fields(Settings)}
    defaults = {each.name: each.default for each in fields(Settings) if each.default is not MISSING}
    given: dict[str, Any] = {}
    for variable, text in environ.items():
        if variable in known:
            given[known[variable]] = _converted(variable, text, defaults[known[variable]])
        elif variable.startswith("WAYMARK_") and not _KUBERNETES.fullmatch(f"{variable}={text}"):
            raise BadSetting(f"{variable} is no setting of Waymark; the settings are {', '.join(sorted(known))}")
    return checked(Settings(**given))


def checked(settings: Settings) -> Settings:
    """The same settings, or BadSetting."""
    _require(re.fullmatch(r"[^:/\s]*:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}", settings.bind) and 0 < settings.port < 65536,
             "WAYMARK_BIND", "HOST:PORT", settings.bind)
    _require(settings.default_xapi_version in VERSIONS, "WAYMARK_DEFAULT_XAPI_VERSION", " or ".join(VERSIONS),
             settings.default_xapi_version)
    _require(re.fullmatch(r"|mongodb(\+srv)?://\S+", settings.mongodb_uri), "WAYMARK_MONGODB_URI",
             "a mongodb:// or mongodb+srv:// address", "something else")
    _require(re.fullmatch(r"[A-Za-z0-9_-]{1,38}", settings.database), "WAYMARK_DATABASE",
             "1 to 38 letters, digits, - and _", settings.database)
    _require(re.fullmatch(r"(https?://[^\s/]+(/[^\s]*[^/\s])?)?", settings.public_url), "WAYMARK_PUBLIC_URL",
             "an http:// or https:// address without a slash at its end", settings.public_url)
    for name, least, most in (("workers", 1, 256), ("threads", 1, 256), ("max_body", 1024, 64 * 1024 * 1024),
                              ("max_upload", 1024, 2**40), ("max_batch", 1, 100_000), ("page_limit", 1, 10_000),
                              ("rate", 0, 1_000_000)):
        _require(least <= getattr(settings, name) <= most, f"WAYMARK_{name.upper()}",
                 f"a number from {least} to {most}", getattr(settings, name))
    for origin in settings.allowed_origins:
        _require(re.fullmatch(r"https?://[a-z0-9.\[\]:-]+", origin), "WAYMARK_FETCH_ORIGINS",
                 "origins such as https://login.example.com, commas between them", origin)
    _check_networks(settings)
    _check_admin(settings)
    return settings


def _check_networks(settings: Settings) -> None:
    try:
        _ = settings.allowed_networks
    except ValueError as error:
        raise BadSetting(f"WAYMARK_FETCH_NETWORKS must be networks such as 10.1.0.0/16, commas between them: {error}"
                         ) from None


def _check_admin(settings: Settings) -> None:
    if bool(settings.admin_key) != bool(settings.admin_secret):
        raise BadSetting("WAYMARK_ADMIN_KEY and WAYMARK_ADMIN_SECRET are given together or not at all")
    if settings.admin_secret and len(settings.admin_secret) < 32:
        raise BadSetting("WAYMARK_ADMIN_SECRET must have 32 characters or more")
    if ":" in settings.admin_key:
        raise BadSetting("WAYMARK_ADMIN_KEY can't hold a colon: Basic authentication (RFC 7617) splits at it")


def _converted(variable: str, text: str, default: Any) -> Any:
    if isinstance(default, Path):
        return Path(text)
    if isinstance(default, int):
        _require(re.fullmatch(r"[0-9]{1,12}", text), variable, "a number", text)
        return int(text)
    return text


def _require(holds: object, variable: str, wanted: str, found: object) -> None:
    if not holds:
        raise BadSetting(f"{variable} must be {wanted}, not {found!r}")
