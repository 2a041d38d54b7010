"""Settings, read once from the environment and a `.env` file; docs/operating.md lists every variable."""

import base64
import os
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from studio.core import configuration, variables
from studio.core.dependencies import is_worth_logging
from studio.core.postgresql import with_pool

BASE_DIR = Path(__file__).resolve().parent.parent

if variables.switch("STUDIO_DOTENV", default=True):
    variables.read_dotenv(BASE_DIR / ".env")

# ── The data folder ─────────────────────────────────────────────────────────────────────────────────────────────────

DATA = configuration.made_folder(
    configuration.data_folder(variables.text("STUDIO_DATA"), default=BASE_DIR / "var"),
)
SECRET_KEY = variables.text("STUDIO_SECRET_KEY") or configuration.kept_secret(
    DATA / "secret_key", secrets.token_urlsafe(50)
)
if _seal_keys := variables.words("STUDIO_SEAL_KEYS"):
    SEAL_KEYS = configuration.encryption_keys(_seal_keys, source="STUDIO_SEAL_KEYS")
else:
    _kept = configuration.kept_secret(DATA / "seal_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    SEAL_KEYS = configuration.encryption_keys([_kept], source=f"The file {DATA / 'seal_key'}")

# How long a connection may stay open without a request.
IDLE_SECONDS = variables.whole_number("STUDIO_IDLE_SECONDS", 20, low=1, high=3600)

# How long running calls may take to end after the first signal; the longest deadline and a little.
DRAIN_SECONDS = variables.whole_number("STUDIO_DRAIN_SECONDS", 630, low=0, high=86_400)
# How long a job may wait for a slot before it ends, with nothing charged.
QUEUE_HOURS = variables.whole_number("STUDIO_QUEUE_HOURS", 24, low=1, high=720)

# ── Where the studio is reached ─────────────────────────────────────────────────────────────────────────────────────

DEBUG = variables.switch("STUDIO_DEBUG", default=False)
STUDIO_URL = variables.text("STUDIO_URL")
if STUDIO_URL:
    STUDIO_URL = configuration.public_origin(STUDIO_URL)
_public = urlsplit(STUDIO_URL)
IS_SECURE = _public.scheme == "https"
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
# Without the port, but with the brackets of IPv6, as Django compares it.
ALLOWED_HOSTS = [*LOOPBACK_HOSTS, *([_public.netloc.removesuffix(f":{_public.port}")] if STUDIO_URL else [])]
CSRF_TRUSTED_ORIGINS = [STUDIO_URL] if STUDIO_URL else []

# Which peers may say for whom they ask; uvicorn's command reads the same variable.
TRUSTED_PROXIES = configuration.trusted_proxies(variables.words("FORWARDED_ALLOW_IPS", ["127.0.0.1", "::1"]))

CSRF_FAILURE_VIEW = "studio.web.addresses.csrf_failure"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_SECURE
CSRF_COOKIE_HTTPONLY = True  # pages carry the token themselves
if IS_SECURE:
    # Browsers take a cookie of this name only over TLS, from this very host and for all of it.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
KNOWN_BROWSER_COOKIE_NAME = "__Host-browser" if IS_SECURE else "browser"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_SECURE else None
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if IS_SECURE else 0
# Other hosts of the domain are none of the studio's business, unless whoever runs them all says so.
_hsts = variables.choice("STUDIO_HSTS", ["host", "subdomains", "preload"], "host")
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_SECURE and _hsts != "host"
SECURE_HSTS_PRELOAD = IS_SECURE and _hsts == "preload"
# A redirect to https is the proxy's business: behind it, the studio itself is reached over plain HTTP.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
if not IS_SECURE:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W012", "security.W016"]
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
# Only what browsers agree on: a name that one does not know is a warning in its console on every page.
PERMISSIONS_POLICY = {
    **dict.fromkeys(["clipboard-read", "clipboard-write", "fullscreen"], "(self)"),
    **dict.fromkeys(["publickey-credentials-create", "publickey-credentials-get"], "(self)"),
    **dict.fromkeys(["accelerometer", "autoplay", "camera", "display-capture"], "()"),
    **dict.fromkeys(["encrypted-media", "geolocation", "gyroscope", "hid", "identity-credentials-get"], "()"),
    **dict.fromkeys(["idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"], "()"),
    **dict.fromkeys(["picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"], "()"),
}

# How often the live feed says that it is still there, in seconds. A browser that hears nothing for two and a half times
# as long connects again.
LIVE_HEARTBEAT = variables.whole_number("STUDIO_LIVE_HEARTBEAT", 15, low=1, high=60)

# Files of one form: sixteen references, or a picture and its mask.
DATA_UPLOAD_MAX_NUMBER_FILES = 20
# How often one person may do these within a minute; 0 = as often as they like. Those of reviews are counted by address.
DEFAULT_RATES = {"submit": 120, "upload": 240, "search": 240, "download": 60}
DEFAULT_RATES |= {"review": 1200, "review_note": 60, "review_password": 10}
RATES = {
    action: variables.whole_number(f"STUDIO_RATE_{action.upper()}", default, low=0, high=1_000_000)
    for action, default in DEFAULT_RATES.items()
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
    "studio.web",
    "studio.accounts",
    "studio.safety",
    "studio.upstreams",
    "studio.library",
    "studio.ledger",
    "studio.transfer",
    "studio.generations",
    "studio.threads",
    "studio.curation",
    "studio.review",
    "studio.create",
    "studio.spend",
    "studio.administration",
    "studio.server",
]

MIDDLEWARE = [
    "studio.web.middleware.limit_concurrency",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "studio.web.middleware.SecurityHeadersMiddleware",
    "studio.web.addresses.KnownHostMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "studio.web.middleware.PersonCookieMiddleware",
    "studio.accounts.sessions.SessionActivityMiddleware",
    "studio.accounts.rate_limit.SearchRateLimit",
    "studio.web.middleware.HtmxResponseMiddleware",
    "studio.web.middleware.SignInRequiredMiddleware",
    "studio.web.middleware.RejectNulMiddleware",
]

ROOT_URLCONF = "studio.urls"
ASGI_APPLICATION = "studio.server.asgi.application"

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
                "studio.web.person_key.context",
                "studio.create.frame.frame",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "studio.web.templatetags.icons"],
        },
    }
]

# In the session, not in a cookie that the next person in this browser would bring along.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# ── Database, files, background work ────────────────────────────────────────────────────────────────────────────────

DATABASES = {"default": configuration.database(variables.text("DATABASE_URL"), sqlite=DATA / "easel.sqlite3")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at BEGIN instead of failing half-way through with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    }
else:
    DATABASES["default"] = with_pool(DATABASES["default"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA / "media"
MEDIA_URL = "/media/"


STORAGES: dict[str, dict[str, object]] = {
    "default": configuration.picture_storage(variables.text("STORAGE_URL"), media_root=MEDIA_ROOT),
    "staticfiles": {"BACKEND": "studio.web.static_storage.StaticStorage"},
}

VALKEY_URL = configuration.valkey(variables.text("VALKEY_URL"))
CACHES: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Django keeps 300 things; whoever tries many addresses must not push out what was counted about others.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
TASKS: dict[str, dict[str, object]] = {"default": {"BACKEND": "studio.core.wakeups.InProcessBackend"}}
if VALKEY_URL:
    # What limits count (tries to sign in, requests a minute) is then counted over all processes.
    CACHES["default"] |= {
        "BACKEND": "studio.core.shared_cache.SharedCache",
        "LOCATION": VALKEY_URL,
        "KEY_PREFIX": "easel",
    }
    TASKS = {"default": {"BACKEND": "studio.core.valkey_tasks.ValkeyBackend"}}

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
ACCOUNT_ADAPTER = "studio.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Wrong passwords: of one browser or address for one account, of one address for all, and for one account from anywhere.
# The next is counted only where the one before it allows, so that whoever is refused takes nothing from the others.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": "5/5m/key,30/m/ip",
    "login_failed_known": "5/5m/key",
    "login_failed_account": "100/h/key",
}
ACCOUNT_FORMS = {
    "login": "studio.accounts.forms.SignInForm",
    "reauthenticate": "studio.accounts.forms.ConfirmPasswordForm",
    "change_password": "studio.accounts.forms.ChangePasswordForm",
    "set_password": "studio.accounts.forms.SetPasswordForm",
    "reset_password": "studio.accounts.forms.RequestResetForm",
    "reset_password_from_key": "studio.accounts.forms.ResetPasswordForm",
}
MFA_ADAPTER = "studio.accounts.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_TOTP_ISSUER = "Easel"
# Browsers offer passkeys over TLS and on localhost only; on localhost there is no certificate to insist on.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_SECURE
MFA_FORMS = {
    "activate_totp": "studio.accounts.forms.AuthenticatorAppForm",
    "authenticate": "studio.accounts.forms.CodeForm",
    "reauthenticate": "studio.accounts.forms.ConfirmCodeForm",
    "authenticate_webauthn": "studio.accounts.forms.PasskeySecondStepForm",
    "reauthenticate_webauthn": "studio.accounts.forms.ConfirmPasskeyForm",
    "login_webauthn": "studio.accounts.forms.PasskeySignInForm",
    "add_webauthn": "studio.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "studio.accounts.forms.PasskeyNameForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# ── Signing in at a company's own provider ──────────────────────────────────────────────────────────────────────────

OIDC_IS_PRIVATE = variables.switch("OIDC_IS_PRIVATE", default=False)
OIDC_ISSUER = variables.text("OIDC_ISSUER")
if OIDC_ISSUER:
    OIDC_ISSUER = configuration.issuer(OIDC_ISSUER, is_private=OIDC_IS_PRIVATE)
OIDC_NAME = variables.text("OIDC_NAME", urlsplit(OIDC_ISSUER).hostname or "")
# Addresses of these domains come in without an invitation, as designers.
OIDC_DOMAINS = configuration.mail_domains(variables.text("OIDC_DOMAINS"))
SOCIALACCOUNT_ADAPTER = "studio.accounts.oidc.SocialAccountAdapter"
# An address that the provider has verified identifies the person who has it here.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {}
if OIDC_ISSUER:
    if not (variables.text("OIDC_CLIENT_ID") and variables.text("OIDC_CLIENT_SECRET")):
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": OIDC_NAME,
                "client_id": variables.text("OIDC_CLIENT_ID"),
                "secret": variables.text("OIDC_CLIENT_SECRET"),
                "settings": {
                    "server_url": OIDC_ISSUER,
                    # Some providers verify addresses without a claim that says so.
                    "verified_email": variables.switch("OIDC_TRUSTS_EMAILS", default=False),
                },
            }
        ],
    }

# ── The first admin, and mail ───────────────────────────────────────────────────────────────────────────────────────

ADMIN_EMAIL = variables.text("STUDIO_ADMIN_EMAIL")
if ADMIN_EMAIL:
    configuration.email_address("STUDIO_ADMIN_EMAIL", ADMIN_EMAIL)
ADMIN_PASSWORD = os.environ.get("STUDIO_ADMIN_PASSWORD", "")  # with the spaces it may begin and end with

EMAIL_URL = variables.text("EMAIL_URL")
# Whoever's password or second factor changes is told by mail, so that it cannot happen behind their back.
ACCOUNT_EMAIL_NOTIFICATIONS = bool(EMAIL_URL)


MAILERS = {"default": configuration.mailer(EMAIL_URL)}
DEFAULT_FROM_EMAIL = configuration.mail_sender(EMAIL_URL)

# ── The upstream named `environment` ────────────────────────────────────────────────────────────────────────────────

GATEWAY_BASE_URL = variables.text("GATEWAY_BASE_URL")
GATEWAY_API_KEY = variables.text("GATEWAY_API_KEY")
GATEWAY_PLAN = variables.text("GATEWAY_PLAN", "api")
GATEWAY_GROUP = variables.text("GATEWAY_GROUP")
GATEWAY_SLOTS = variables.words("GATEWAY_SLOTS", ["4", "1"])

# The text models that may lead a conversation, the one that is proposed first.
MAIN_MODELS = configuration.model_names(variables.words("STUDIO_MAIN_MODELS", ["gpt-5.5", "gpt-5.4", "gpt-5.4-mini"]))

# How far an estimate, what was counted and what a gateway reports may lie apart before the spend pages say so: percent.
COST_TOLERANCE = variables.whole_number("STUDIO_COST_TOLERANCE", 10, low=0, high=1000)

# ── Words, time, log ────────────────────────────────────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
# One until there is a second catalogue: a page half in one language and half in another helps nobody.
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = configuration.time_zone(variables.text("STUDIO_TIME_ZONE", "UTC"))
USE_TZ = True

# A picture is posted as a form part; anything larger than this in memory goes to a temporary file.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 << 20

LOG_LEVEL = variables.choice("STUDIO_LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], "WARNING")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # While the database is away, that is said once, and not with a traceback for each page.
    "filters": {"away": {"()": "django.utils.log.CallbackFilter", "callback": is_worth_logging}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Below a warning these write down an answer's status line and headers, in which a gateway may repeat a key.
    "loggers": {
        **{name: {"level": "WARNING"} for name in ("httpx", "httpcore")},
        "django.request": {"filters": ["away"]},
        "psycopg.pool": {"level": "ERROR"},  # a line for each connection it cannot make; see core.dependencies
    },
}
