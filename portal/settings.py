"""Settings: one frozen object read once from the environment; every fault is reported at once, in sentences."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

BIGCOMMERCE = "https://api.bigcommerce.com"
SAASU = "https://api.saasu.com"
KEY_NAME = re.compile(r"[\w.-]{1,40}", re.ASCII)
# Nothing but scheme, host and port: with a backslash or a user name in it, two libraries may see two different hosts.
WEB_ADDRESS = re.compile(r"(?P<scheme>https?)://(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?", re.ASCII)
MAIL_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(\.[\w-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Variable:
    """One documented environment variable."""

    name: str
    meaning: str
    default: str = ""


VARIABLES: tuple[Variable, ...] = (
    Variable("APP_ENV", "development or production", "production"),
    Variable("DATABASE_URL", "postgresql://… or sqlite:///path"),
    Variable("REDIS_URL", "redis://… or unix:///path of a Redis-protocol server"),
    Variable("SECRET_KEY", "at least 32 random characters; signs forms"),
    Variable("CREDENTIAL_KEYS", "key ring `name:base64 of 32 bytes`, comma separated, newest first"),
    Variable("BASE_URL", "the address people use, https:// unless it is this machine"),
    Variable("BIGCOMMERCE_API_URL", "only in development, and only this machine", BIGCOMMERCE),
    Variable("SAASU_API_URL", "only in development, and only this machine", SAASU),
    Variable("SAASU_CALLS_PER_SECOND", "calls a second to one Saasu file; above 1 only in development", "1"),
    Variable(
        "MAIL_URL",
        "smtp://user:password@host:port, smtps://…, or file:///folder in development; blank sends nothing",
    ),
    Variable(
        "MAIL_FROM", "whom the mails come from: an address, or Name <address>; needed where MAIL_URL is set"
    ),
    Variable("DATA_DIR", "the folder of what this machine keeps: embedded database and queue", "data"),
)


class SettingsError(Exception):
    """The environment is not usable; `faults` lists every reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("These settings need attention:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the product was told. `credential_keys` maps key names to 32 bytes, newest first; no secret shows in `repr`."""

    environment: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    credential_keys: Mapping[str, bytes] = field(repr=False)
    base_url: str
    bigcommerce_api_url: str = BIGCOMMERCE
    saasu_api_url: str = SAASU
    saasu_calls_per_second: Decimal = Decimal(1)
    mail_url: str = field(default="", repr=False)
    mail_from: str = ""
    data_dir: Path = Path("data")

    @property
    def is_production(self) -> bool:
        """Whether real books may be at stake."""
        return self.environment == "production"

    @property
    def cookies_secure(self) -> bool:
        """Cookies travel over https alone whenever the product's address is https."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises `SettingsError` with every fault at once."""
        reader = _Reader(environ)
        environment = reader.one_of("APP_ENV", ("development", "production"))
        production = environment == "production"
        settings = cls(
            environment=environment,
            database_url=reader.database("DATABASE_URL"),
            redis_url=reader.redis("REDIS_URL"),
            secret_key=reader.long_text("SECRET_KEY", 32),
            credential_keys=reader.key_ring("CREDENTIAL_KEYS"),
            base_url=reader.base_url("BASE_URL"),
            bigcommerce_api_url=reader.api("BIGCOMMERCE_API_URL", production),
            saasu_api_url=reader.api("SAASU_API_URL", production),
            saasu_calls_per_second=reader.rate("SAASU_CALLS_PER_SECOND", production),
            mail_url=(mail_url := reader.mail("MAIL_URL", production)),
            mail_from=reader.sender("MAIL_FROM", needed=bool(mail_url)),
            data_dir=project_folder() / reader.text("DATA_DIR"),
        )
        if reader.faults:
            raise SettingsError(reader.faults)
        return settings


class _Reader:
    """Reads variables one by one and remembers what is wrong with each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, name: str) -> str:
        default = next(variable.default for variable in VARIABLES if variable.name == name)
        return self._environ.get(name, "").strip() or default

    def fault(self, sentence: str) -> str:
        self.faults.append(sentence)
        return ""

    def needed(self, name: str) -> str:
        return self.text(name) or self.fault(f"{name} is missing.")

    def one_of(self, name: str, choices: tuple[str, ...]) -> str:
        text = self.text(name)
        return text if text in choices else self.fault(f"{name} must be one of: {', '.join(choices)}.")

    def long_text(self, name: str, least: int) -> str:
        text = self.needed(name)
        if text and len(text) < least:
            return self.fault(f"{name} must have at least {least} characters.")
        return text

    def redis(self, name: str) -> str:
        text = self.needed(name)
        parts = parts_of(text)
        sound = parts and ((parts.scheme in {"redis", "rediss"} and parts.hostname) or on_disk(parts, "unix"))
        if text and not sound:
            return self.fault(f"{name} must be redis://host:port or unix:///path.")
        return text

    def database(self, name: str) -> str:
        text = self.needed(name)
        parts = parts_of(text)
        if parts and parts.scheme in {"postgres", "postgresql", "postgresql+psycopg"} and "://" in text:
            return f"postgresql+psycopg://{text.partition('://')[2]}"
        if text and not (parts and on_disk(parts, "sqlite")):
            return self.fault(f"{name} must be a postgresql:// or sqlite:///path address.")
        return text

    def key_ring(self, name: str) -> Mapping[str, bytes]:
        ring: dict[str, bytes] = {}
        text = self.needed(name)
        for part in text.split(",") if text else ():
            kid, _, encoded = part.strip().partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if not KEY_NAME.fullmatch(kid) or len(key) != 32 or kid in ring:
                self.fault(f"{name}: each part must be `name:base64 of 32 bytes`, with names of their own.")
                break
            ring[kid] = key
        return MappingProxyType(ring)

    def base_url(self, name: str) -> str:
        text = self.needed(name).rstrip("/")
        address = web_address(text)
        if text and not address:
            return self.fault(f"{name} must be an http:// or https:// address without a path.")
        if address and address["scheme"] == "http" and not is_this_machine(address["host"]):
            return self.fault(f"{name} must be https:// unless it is this machine.")
        return text

    def api(self, name: str, production: bool) -> str:
        text = self.text(name).rstrip("/")
        usual = BIGCOMMERCE if name == "BIGCOMMERCE_API_URL" else SAASU
        if text == usual:
            return text
        if production:
            return self.fault(f"{name} may not be changed in production.")
        address = web_address(text)
        if not address or not is_this_machine(address["host"]):
            return self.fault(f"{name} may only point at this machine (127.0.0.1).")
        return text

    def rate(self, name: str, production: bool) -> Decimal:
        try:
            rate = Decimal(self.text(name))
        except InvalidOperation:
            rate = Decimal(0)
        if not rate.is_finite() or rate <= 0:
            self.fault(f"{name} must be a number above 0.")
            return Decimal(1)
        if production and rate > 1:
            self.fault(f"{name} may not be above 1 in production: Saasu blocks the file for a day.")
        return rate

    def mail(self, name: str, production: bool) -> str:
        text = self.text(name)
        parts = parts_of(text)
        if parts and on_disk(parts, "file"):
            return self.fault(f"{name} may name a folder only in development.") if production else text
        if text and not (parts and parts.scheme in {"smtp", "smtps"} and parts.hostname):
            return self.fault(f"{name} must be smtp://host:port or smtps://host:port.")
        return text

    def sender(self, name: str, *, needed: bool) -> str:
        text = self.text(name)
        if not text:
            return self.fault(f"{name} is missing: MAIL_URL is set.") if needed else ""
        _, address = parseaddr(text)
        if not text.isprintable() or not MAIL_ADDRESS.fullmatch(address):
            return self.fault(f"{name} must be an e-mail address, or Name <address>.")
        return text


def parts_of(text: str) -> SplitResult | None:
    """The parts of an address, or nothing where it has none that can be told apart."""
    try:
        parts = urlsplit(text)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def web_address(text: str) -> re.Match[str] | None:
    """An address of scheme, host and port alone, as groups `scheme` and `host`."""
    return WEB_ADDRESS.fullmatch(text) if parts_of(text) else None


def on_disk(parts: SplitResult, scheme: str) -> bool:
    """Whether an address is `scheme:///path`."""
    return parts.scheme == scheme and not parts.netloc and len(parts.path) > 1


def is_this_machine(host: str) -> bool:
    """Whether a host name is the loopback address; one of version 6 may stand in brackets."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def project_folder() -> Path:
    """The folder that holds `portal`, `templates`, `static` and `migrations`."""
    return Path(__file__).resolve().parent.parent
