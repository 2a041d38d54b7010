"""What a start reads and makes once for the settings: folders, kept secrets, and addresses that stand for backends."""

import ipaddress
import os
import re
import zoneinfo
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from .s3 import client_config
from .service_url import SOCKET_SCHEMES, ServiceUrl

# Seconds; a mail server that accepts a connection and then says nothing must not hold its sender for ever.
MAIL_TIMEOUT = 30


def made_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {path} cannot be made ({error.strerror}); set STUDIO_DATA to a folder you may write to."
        ) from None
    return path


def data_folder(text: str, *, default: Path) -> Path:
    try:
        return (Path(text).expanduser() if text else default).resolve()
    except (RuntimeError, OSError):  # the home of a person who is not on this machine, links in a circle
        raise ImproperlyConfigured("STUDIO_DATA is not a folder that can be found.") from None


def kept_secret(path: Path, fresh: str) -> str:
    """Return the secret kept in a file of mode 0600, writing `fresh` there first if there is none."""
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(fresh)
    except FileExistsError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {path.parent} cannot be written to ({error.strerror}); "
            "make it writable or set STUDIO_DATA to another folder."
        ) from None
    try:
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        kept = ""
    if not kept:
        raise ImproperlyConfigured(f"The secret in {path} cannot be read; restore the file from a backup.")
    return kept


def encryption_keys(keys: list[str], *, source: str) -> list[str]:
    """The keys as they are; raise ImproperlyConfigured where one is malformed, naming the variable or file."""
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"{source} must hold keys of 32 bytes in URL-safe base64, separated by commas."
            ) from None
    return keys


def time_zone(name: str) -> str:
    try:
        return zoneinfo.ZoneInfo(name).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(
            "STUDIO_TIME_ZONE must be the name of a time zone, such as Europe/Berlin or UTC."
        ) from None


def trusted_proxies(hosts: list[str]) -> list[str]:
    """The addresses and networks of FORWARDED_ALLOW_IPS; uvicorn itself takes a malformed one for a name."""
    for host in hosts:
        if host == "*" or host.startswith("/"):  # everybody, or a UNIX socket
            continue
        try:
            ipaddress.ip_network(host)
        except ValueError:
            raise ImproperlyConfigured(
                "FORWARDED_ALLOW_IPS must hold IP addresses and networks such as 172.18.0.0/16, separated by commas."
            ) from None
    return hosts


def email_address(variable: str, address: str) -> str:
    try:
        validate_email(address)
    except ValidationError:
        raise ImproperlyConfigured(f"{variable} is not an email address.") from None
    return address


def model_names(names: list[str]) -> list[str]:
    if not names or not all(re.fullmatch(r"[\w.:/-]{1,60}", name, re.ASCII) for name in names):
        raise ImproperlyConfigured("STUDIO_MAIN_MODELS must hold names of models, separated by commas.")
    return names


def mail_domains(text: str) -> list[str]:
    """The domains of OIDC_DOMAINS, in lower case, separated by commas or spaces, with or without an @ in front."""
    domains = [word.removeprefix("@") for word in text.lower().replace(",", " ").split()]
    for domain in domains:
        try:
            validate_email(f"somebody@{domain}")
        except ValidationError:
            raise ImproperlyConfigured(
                "OIDC_DOMAINS must hold mail domains such as example.com, separated by commas."
            ) from None
    return domains


def public_origin(address: str) -> str:
    """STUDIO_URL as browsers write it: in lower case, without the port its scheme has anyway."""
    try:
        url = ServiceUrl.read("STUDIO_URL", address, schemes=["https", "http"])
        is_origin = bool(url.host) and not (url.path or url.query or url.username)
    except ImproperlyConfigured:
        is_origin = False
    if not is_origin:
        raise ImproperlyConfigured(
            "STUDIO_URL must look like https://easel.example.com, with nothing before or behind the host but a port."
        )
    return url.origin


def issuer(address: str, *, is_private: bool) -> str:
    """OIDC_ISSUER without a slash at its end."""
    url = ServiceUrl.read("OIDC_ISSUER", address, schemes=["https", "http"] if is_private else ["https"])
    url.require_host()
    if url.username is not None or url.query:
        raise ImproperlyConfigured("OIDC_ISSUER must be an address without user name and parameters.")
    return address.strip().rstrip("/")


def require_extra(variable: str, extra: str, *modules: str) -> None:
    if not all(find_spec(module) for module in modules):
        raise ImproperlyConfigured(f"{variable} needs an extra; install it with uv sync --extra {extra}.")


def database(url: str, *, sqlite: Path) -> dict[str, Any]:
    """Translate DATABASE_URL; empty = SQLite in a file of the data folder."""
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(sqlite)}
    parts = ServiceUrl.read("DATABASE_URL", url, schemes=[*SOCKET_SCHEMES, "sqlite"])
    if not parts.path:
        raise ImproperlyConfigured("DATABASE_URL names no database.")
    if parts.scheme != "sqlite":
        require_extra("DATABASE_URL", "postgres", "psycopg", "psycopg_pool")
    return dict(dj_database_url.parse(url.strip()))


def valkey(url: str) -> str:
    """VALKEY_URL as it is; its client unquotes it."""
    if url:
        parts = ServiceUrl.read("VALKEY_URL", url, schemes=["redis", "rediss", "valkey", "valkeys"])
        parts.require_host()
        if parts.path and not parts.path.isdigit():
            raise ImproperlyConfigured("VALKEY_URL must end in the number of a database, such as /0.")
        require_extra("VALKEY_URL", "valkey", "redis")
    return url.strip()


def picture_storage(url: str, *, media_root: Path) -> dict[str, object]:
    """Translate STORAGE_URL: empty = the data folder; s3://key:secret@host[:port]/bucket?region=…&tls=0 = S3."""
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": media_root}}
    parts = ServiceUrl.read("STORAGE_URL", url, schemes=["s3"])
    parts.require_host()
    parts.allow_in_query(["region", "tls"])
    if (parts.username is None) != (parts.password is None):
        raise ImproperlyConfigured("STORAGE_URL needs both parts of its credentials: s3://key:secret@host/bucket.")
    require_extra("STORAGE_URL", "s3", "storages", "boto3")
    options: dict[str, object] = {
        # s3://bucket names a bucket at Amazon with the machine's own credentials; with a path, the host is a server.
        "bucket_name": parts.path or parts.host,
        "querystring_auth": False,
        "file_overwrite": True,
        "default_acl": None,
        "max_memory_size": 1 << 20,
        "client_config": client_config(),
        "region_name": parts.query.get("region"),
        "access_key": parts.username,
        "secret_key": parts.password,
    }
    if parts.path:
        options["endpoint_url"] = f"{'http' if parts.query.get('tls') == '0' else 'https'}://{parts.netloc}"
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


# How each scheme of EMAIL_URL speaks with its server by default: port, STARTTLS, TLS from the first byte.
MAIL_SCHEMES = {"submission": (587, True, False), "smtps": (465, False, True), "smtp": (25, False, False)}
TRUE = {"1", "true", "yes", "on"}


def mailer(url: str) -> dict[str, object]:
    """Translate EMAIL_URL (submission://user:password@host:587/?_default_from_email=…) into a MAILERS entry."""
    if not url:
        return {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = mail_url(url)
    port, starttls, tls = MAIL_SCHEMES[parts.scheme]
    tls = tls or parts.query.get("ssl", "").lower() in TRUE
    starttls = not tls and (starttls or parts.query.get("tls", "").lower() in TRUE)
    timeout = parts.query.get("timeout", str(MAIL_TIMEOUT))
    if not (timeout.isascii() and timeout.isdigit() and 0 < int(timeout[:5]) <= 600):
        raise ImproperlyConfigured("The timeout in EMAIL_URL must be a number of seconds from 1 to 600.")
    options = {
        "host": parts.host,
        "port": parts.port or port,
        "username": parts.username or "",
        "password": parts.password or "",
        "use_tls": starttls,
        "use_ssl": tls,
        "timeout": int(timeout),
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


def mail_url(url: str) -> ServiceUrl:
    parts = ServiceUrl.read("EMAIL_URL", url, schemes=MAIL_SCHEMES)
    parts.require_host()
    parts.allow_in_query(["_default_from_email", "ssl", "tls", "timeout"])
    return parts


def mail_sender(url: str) -> str:
    """The address that mails come from."""
    if not url:
        return "easel@localhost"
    sender = mail_url(url).query.get("_default_from_email", "easel@localhost")
    if sender != "easel@localhost":
        # With or without a name: Easel <easel@example.com>.
        email_address("The sender (_default_from_email) in EMAIL_URL", parseaddr(sender)[1])
    return sender
