"""Settings, read once from the environment and a `.env` file; docs/operating.md lists every variable."""

import base64
import os
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import dj_database_url
import dj_email_url
import environs
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environs.Env()
if (BASE_DIR / ".env").is_file() and env.str("STUDIO_DOTENV", "on") != "off":
    env.read_env(str(BASE_DIR / ".env"), recurse=False)

# ── The data folder ─────────────────────────────────────────────────────────────────────────────────────────────────

DATA = Path(env.str("STUDIO_DATA", "") or BASE_DIR / "var").expanduser().resolve()


def made_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {path} cannot be made ({error.strerror}); set STUDIO_DATA to a folder you may write to."
        ) from None
    return path


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
    return path.read_text().strip()


made_folder(DATA)
SECRET_KEY = env.str("STUDIO_SECRET_KEY", "") or kept_secret(DATA / "secret_key", secrets.token_urlsafe(50))
SEAL_KEYS = env.list("STUDIO_SEAL_KEYS", []) or [
    kept_secret(DATA / "seal_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
]

# How long running calls may take to end after the first signal; the longest deadline and a little.
DRAIN_SECONDS = env.int("STUDIO_DRAIN_SECONDS", 630)
if DRAIN_SECONDS < 0:
    raise ImproperlyConfigured(f"STUDIO_DRAIN_SECONDS must not be negative, as {DRAIN_SECONDS} is.")

# ── Where the studio is reached ─────────────────────────────────────────────────────────────────────────────────────

DEBUG = env.bool("STUDIO_DEBUG", False)
STUDIO_URL = env.str("STUDIO_URL", "").rstrip("/")
_public = urlsplit(STUDIO_URL)
if STUDIO_URL and (_public.scheme not in {"http", "https"} or not _public.hostname or _public.path):
    raise ImproperlyConfigured(f"STUDIO_URL must look like https://easel.example.com, not {STUDIO_URL!r}.")
IS_SECURE = _public.scheme == "https"
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = [*LOOPBACK_HOSTS, *([_public.hostname] if _public.hostname else [])]
CSRF_TRUSTED_ORIGINS = [STUDIO_URL] if STUDIO_URL else []

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_SECURE
CSRF_COOKIE_HTTPONLY = True  # pages carry the token themselves
if IS_SECURE:
    # Browsers take a cookie of this name only over TLS, from this very host and for all of it.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_SECURE else None
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_SECURE
# A redirect to https is the proxy's business: behind it, the studio itself is reached over plain HTTP.
SILENCED_SYSTEM_CHECKS = ["security.W008", *([] if IS_SECURE else ["security.W004", "security.W012", "security.W016"])]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
# What a page may use of the device; everything named here, and unused, is denied to it and to whatever gets into it.
PERMISSIONS_POLICY = {
    **dict.fromkeys(["clipboard-read", "clipboard-write", "fullscreen"], "(self)"),
    **dict.fromkeys(["publickey-credentials-create", "publickey-credentials-get"], "(self)"),
    **dict.fromkeys(["accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture"], "()"),
    **dict.fromkeys(["encrypted-media", "geolocation", "gyroscope", "hid", "identity-credentials-get"], "()"),
    **dict.fromkeys(["idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"], "()"),
    **dict.fromkeys(["picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"], "()"),
}

# Files of one form: sixteen references, or a picture and its mask.
DATA_UPLOAD_MAX_NUMBER_FILES = 20
# How often one person may do these within a minute; 0 = as often as they like.
RATES = {
    "submit": env.int("STUDIO_RATE_SUBMIT", 120),
    "upload": env.int("STUDIO_RATE_UPLOAD", 240),
    "search": env.int("STUDIO_RATE_SEARCH", 240),
}

# ── Rooms ───────────────────────────────────────────────────────────────────────────────────────────────────────────

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_htmx",
    "lucide",
    "studio.accounts",
    "studio.upstreams",
    "studio.library",
    "studio.ledger",
    "studio.generations",
]

MIDDLEWARE = [
    "studio.middleware.paged",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "studio.middleware.Reticence",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "studio.accounts.sessions.SessionsSeen",
    "studio.accounts.pace.PacedSearch",
    "studio.middleware.HtmxAnswers",
    "studio.middleware.SignInRequired",
    "studio.middleware.NoNul",
]

ROOT_URLCONF = "studio.urls"
ASGI_APPLICATION = "studio.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "studio.generations.context.frame",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "lucide.templatetags.lucide"],
        },
    }
]

# ── Database, files, background work ────────────────────────────────────────────────────────────────────────────────

DATABASES = {"default": dj_database_url.parse(env.str("DATABASE_URL", "") or f"sqlite:///{DATA / 'easel.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at BEGIN instead of failing half-way through with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    }
else:
    # Every page in work has a thread of its own; without a bound on connections, the 101st visitor at one moment would
    # be an error, for PostgreSQL takes a hundred. Beyond the bound a page waits for its turn.
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 30, "timeout": 60}}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA / "media"
MEDIA_URL = "/media/"


def picture_storage(url: str) -> dict[str, object]:
    """Translate STORAGE_URL: empty = the data folder; s3://key:secret@host[:port]/bucket?region=…&tls=0 = S3."""
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": MEDIA_ROOT}}
    parts, extra = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
    if parts.scheme != "s3":
        raise ImproperlyConfigured("STORAGE_URL must begin with s3:// or stay empty for the data folder.")
    # s3://bucket names a bucket at Amazon with the machine's own credentials; with a path, the host is an S3 server.
    bucket = parts.path.strip("/") or parts.hostname
    options: dict[str, object] = {
        "bucket_name": bucket,
        "querystring_auth": False,
        "file_overwrite": True,
        "default_acl": None,
        "max_memory_size": 1 << 20,
        "region_name": extra.get("region"),
        "access_key": parts.username,
        "secret_key": parts.password,
    }
    if parts.path.strip("/"):
        scheme = "http" if extra.get("tls") == "0" else "https"
        options["endpoint_url"] = f"{scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


STORAGES: dict[str, dict[str, object]] = {
    "default": picture_storage(env.str("STORAGE_URL", "")),
    "staticfiles": {"BACKEND": "studio.static.StaticStorage"},
}

VALKEY_URL = env.str("VALKEY_URL", "")
CACHES: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Django keeps 300 things; whoever tries many addresses must not push out what was counted about others.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
TASKS: dict[str, dict[str, object]] = {"default": {"BACKEND": "studio.generations.wakeups.InProcessBackend"}}
if VALKEY_URL:
    # What limits count (tries to sign in, wishes a minute) is then counted over all processes.
    CACHES["default"] = {"BACKEND": "django_vcache.backend.ValkeyCache", "LOCATION": VALKEY_URL, "KEY_PREFIX": "easel"}
    TASKS = {
        "default": {"BACKEND": "django_vtasks.backends.valkey.ValkeyTaskBackend", "OPTIONS": {"BROKER_URL": VALKEY_URL}}
    }

# ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────────

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# The first hashes; a password kept by an older one is hashed anew when its owner signs in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "studio.accounts.adapter.InvitationOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {
    "login": "studio.accounts.forms.SignInForm",
    "reauthenticate": "studio.accounts.forms.ConfirmForm",
    "change_password": "studio.accounts.forms.ChangePasswordForm",
    "set_password": "studio.accounts.forms.SetPasswordForm",
    "reset_password": "studio.accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "studio.accounts.forms.NewPasswordForm",
}
MFA_ADAPTER = "studio.accounts.second_factor.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_TOTP_ISSUER = "Easel"
# Browsers offer passkeys over TLS and on localhost only; on localhost there is no certificate to insist on.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_SECURE
MFA_FORMS = {
    "activate_totp": "studio.accounts.forms.AppForm",
    "authenticate": "studio.accounts.forms.CodeForm",
    "reauthenticate": "studio.accounts.forms.ConfirmByCodeForm",
    "authenticate_webauthn": "studio.accounts.forms.SecondStepByPasskey",
    "reauthenticate_webauthn": "studio.accounts.forms.ConfirmByPasskey",
    "login_webauthn": "studio.accounts.forms.SignInByPasskey",
    "add_webauthn": "studio.accounts.forms.PasskeyForm",
    "edit_webauthn": "studio.accounts.forms.PasskeyNameForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# ── Signing in at a company's own provider ──────────────────────────────────────────────────────────────────────────

OIDC_ISSUER = env.str("OIDC_ISSUER", "").rstrip("/")
OIDC_NAME = env.str("OIDC_NAME", "") or (urlsplit(OIDC_ISSUER).hostname or "")
# Addresses of these domains come in without an invitation, as designers.
OIDC_DOMAINS = env.str("OIDC_DOMAINS", "").lower().replace("@", "").replace(",", " ").split()
OIDC_IS_PRIVATE = env.bool("OIDC_IS_PRIVATE", False)
SOCIALACCOUNT_ADAPTER = "studio.accounts.oidc.ByInvitation"
# A person whose address the provider vouches for is the person who has that address here.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {}
if OIDC_ISSUER:
    if urlsplit(OIDC_ISSUER).scheme != "https" and not OIDC_IS_PRIVATE:
        raise ImproperlyConfigured(f"OIDC_ISSUER must begin with https://, not {OIDC_ISSUER!r}.")
    if not (env.str("OIDC_CLIENT_ID", "") and env.str("OIDC_CLIENT_SECRET", "")):
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": OIDC_NAME,
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_CLIENT_SECRET"),
                "settings": {
                    "server_url": OIDC_ISSUER,
                    # Some providers vouch for addresses without saying so in each answer.
                    "verified_email": env.bool("OIDC_TRUSTS_EMAILS", False),
                },
            }
        ],
    }

# ── The first admin, and mail ───────────────────────────────────────────────────────────────────────────────────────

ADMIN_EMAIL = env.str("STUDIO_ADMIN_EMAIL", "")
ADMIN_PASSWORD = env.str("STUDIO_ADMIN_PASSWORD", "")

EMAIL_URL = env.str("EMAIL_URL", "")
# Whoever's password or second factor changes is told by mail, so that it cannot happen behind their back.
ACCOUNT_EMAIL_NOTIFICATIONS = bool(EMAIL_URL)


def mailer(url: str) -> dict[str, object]:
    """Translate EMAIL_URL (submission://user:password@host:587/?_default_from_email=…) into a MAILERS entry."""
    if not url:
        return {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    mail = dj_email_url.parse(url)
    if "EMAIL_BACKEND" not in mail:
        raise ImproperlyConfigured(
            "EMAIL_URL must begin with submission:// (STARTTLS), smtps:// or smtp://, such as "
            "submission://user:password@mail.example.com:587/."
        )
    names = {
        "host": "EMAIL_HOST",
        "port": "EMAIL_PORT",
        "username": "EMAIL_HOST_USER",
        "password": "EMAIL_HOST_PASSWORD",
        "use_tls": "EMAIL_USE_TLS",
        "use_ssl": "EMAIL_USE_SSL",
        "timeout": "EMAIL_TIMEOUT",
    }
    smtp = mail["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    options = {name: mail[key] for name, key in names.items() if smtp and mail.get(key)}
    return {"BACKEND": mail["EMAIL_BACKEND"], "OPTIONS": options}


MAILERS = {"default": mailer(EMAIL_URL)}
DEFAULT_FROM_EMAIL = dict(parse_qsl(urlsplit(EMAIL_URL).query)).get("_default_from_email", "easel@localhost")

# ── The upstream named `environment` ────────────────────────────────────────────────────────────────────────────────

GATEWAY_BASE_URL = env.str("GATEWAY_BASE_URL", "")
GATEWAY_API_KEY = env.str("GATEWAY_API_KEY", "")
GATEWAY_PLAN = env.str("GATEWAY_PLAN", "api")
GATEWAY_GROUP = env.str("GATEWAY_GROUP", "")
GATEWAY_SLOTS = env.list("GATEWAY_SLOTS", ["4", "1"])

# The text models that may lead a conversation, the one that is proposed first.
MAIN_MODELS = env.list("STUDIO_MAIN_MODELS", ["gpt-5.5", "gpt-5.4", "gpt-5.4-mini"])

# How far an estimate, what was counted and what a gateway reports may lie apart before the spend pages say so: percent.
COST_TOLERANCE = env.int("STUDIO_COST_TOLERANCE", 10)
if not 0 <= COST_TOLERANCE <= 1000:
    raise ImproperlyConfigured(f"STUDIO_COST_TOLERANCE must be a percentage from 0 to 1000, not {COST_TOLERANCE}.")

# ── Words, time, log ────────────────────────────────────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
# One until there is a second catalogue: a page half in one language and half in another helps nobody.
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("STUDIO_TIME_ZONE", "UTC")
USE_TZ = True

# A picture is posted as a form part; anything larger than this in memory goes to a temporary file.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 << 20

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("STUDIO_LOG_LEVEL", "WARNING")},
    # Below a warning these write down an answer's status line and headers, in which a gateway may repeat a key.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore")},
}
