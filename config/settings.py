"""Settings, read from ISLETSCREEN_* variables (docs/operators.md lists them).

Development is the default and needs none. ISLETSCREEN_ENV=production refuses to start without its keys.
"""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import databases, environment, mail
from config.paths import ROOT, var_directory

VAR_DIR = var_directory()
ENV = environment.choice("ENV", "development", "production")
PRODUCTION = ENV == "production"

# --- Identity of this installation

if PRODUCTION:
    SECRET_KEY = environment.required_in_production(
        "SECRET_KEY", "python3 -c 'import secrets; print(secrets.token_urlsafe(64))' prints a fresh one"
    )
    environment.required_in_production("ALLOWED_HOSTS", "the host names people type, like screen.example.org")
    ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS")
    if "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured(
            "ISLETSCREEN_ALLOWED_HOSTS is '*': name the hosts, like screen.example.org"
        )
else:
    SECRET_KEY = environment.local_secret_key(VAR_DIR / "secret_key")
    ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

# Former keys: they open what they sealed and signed, and seal and sign nothing new.
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")

DEBUG = environment.flag("DEBUG")
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("ISLETSCREEN_DEBUG is 1: unset it, production never shows debugging pages")

# --- Keys of our own: they lie outside the database, and a backup of it holds none of them

AUDIT_KEY = environment.key("AUDIT_KEY", VAR_DIR / "audit_key", production=PRODUCTION)
IDENTITY_KEYS = environment.keys("IDENTITY_KEYS", VAR_DIR / "identity_key", production=PRODUCTION)

# --- Applications

INSTALLED_APPS = [
    "screening",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
]

MIDDLEWARE = [
    "config.requests.RequestLogMiddleware",
    "config.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "screening.sessions.SessionLimitsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "screening.access.AccessMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "screening.presentation.appearance.appearance",
                "screening.presentation.menu.menu",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data

DATABASES = {"default": databases.chosen(VAR_DIR / "isletscreen.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    # In production in the database, so that every worker counts the same failed sign-ins.
    "default": (
        {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "screening_cache",
            # Room enough that tries under many names cannot push out the count of one name.
            "OPTIONS": {"MAX_ENTRIES": 200_000},
        }
        if PRODUCTION
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    ),
    # Parts of pages that are the same for everybody until the process ends.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}

# How far the trail goes, written where the database's administrator does not write: docs/audit.md.
AUDIT_ANCHOR = environment.read(
    "AUDIT_ANCHOR", str(VAR_DIR / f"{Path(str(DATABASES['default']['NAME'])).stem}.anchor")
)

# --- Clinical content: the shipped files, and a directory of the site's own

PRIVATE_CONTENT = environment.directory("CONTENT_DIR")
CONTENT_CACHE = VAR_DIR / "cache"

# --- Static files

STATIC_URL = "static/"
# Collected in production only; a development server reads the files where they are.
STATIC_ROOT = environment.read("STATIC_ROOT", str(VAR_DIR / "static")) if PRODUCTION else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- Language and time: stored in UTC, shown in the site's zone

LANGUAGE_CODE = "en-gb"
USE_I18N = True
# Languages with a catalogue. No request chooses that of the interface: docs/decisions/0042.
LANGUAGES = [(LANGUAGE_CODE, "English"), ("es", "Español")]
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [ROOT / "locale"]

# --- Accounts

AUTH_USER_MODEL = "screening.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "config.accounts.ClosedAccountAdapter"
ACCOUNT_FORMS = {
    "login": "screening.forms.accounts.SignInForm",
    "change_password": "screening.forms.accounts.ChangePasswordForm",
    "reauthenticate": "screening.forms.accounts.ConfirmByPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
# Seconds: half-way through signing in, and after proving who one is before it is asked again.
ACCOUNT_LOGIN_TIMEOUT = 5 * 60
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
ALLAUTH_TRUSTED_PROXY_COUNT = environment.whole_number("TRUSTED_PROXIES", 0)

# --- Second factor: an authenticator app or a passkey, and recovery codes

if PRODUCTION and environment.read("REQUIRE_SECOND_FACTOR", "1") != "1":
    raise ImproperlyConfigured(
        "ISLETSCREEN_REQUIRE_SECOND_FACTOR is not 1: unset it, production always requires a second factor"
    )
REQUIRE_SECOND_FACTOR = PRODUCTION or environment.flag("REQUIRE_SECOND_FACTOR")
MFA_ADAPTER = "config.accounts.SealedSecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "screening.forms.second_factor.SecondStepForm",
    "reauthenticate": "screening.forms.second_factor.ConfirmByCodeForm",
    "activate_totp": "screening.forms.second_factor.SetUpAppForm",
    "add_webauthn": "screening.forms.second_factor.AddPasskeyForm",
    "edit_webauthn": "screening.forms.second_factor.RenamePasskeyForm",
    "authenticate_webauthn": "screening.forms.second_factor.SecondStepPasskeyForm",
    "login_webauthn": "screening.forms.second_factor.SignInPasskeyForm",
    "reauthenticate_webauthn": "screening.forms.second_factor.ConfirmByPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Isletscreen"
# The code before and the code after count too: clocks differ, and typing takes time.
MFA_TOTP_TOLERANCE = 1
# Addresses come from the administrator; there is no mail that would verify them.
MFA_ALLOW_UNVERIFIED_EMAIL = True

# --- Sessions and cookies

SESSION_IDLE_SECONDS = 60 * environment.whole_number(
    "IDLE_MINUTES", 15, at_least=1, at_most=15 if PRODUCTION else None
)
SESSION_OVERALL_SECONDS = 3600 * environment.whole_number(
    "SESSION_HOURS", 12, at_least=1, at_most=12 if PRODUCTION else None
)
SESSION_COOKIE_AGE = SESSION_OVERALL_SECONDS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "isletscreen_session"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "isletscreen_csrf"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Mail: that something waits, and never of whom

_MAIL_SERVER = mail.server(environment.read("EMAIL_URL"), production=PRODUCTION)
EMAIL_BACKEND = _MAIL_SERVER.backend
EMAIL_HOST = _MAIL_SERVER.host
EMAIL_PORT = _MAIL_SERVER.port
EMAIL_HOST_USER = _MAIL_SERVER.user
EMAIL_HOST_PASSWORD = _MAIL_SERVER.password
EMAIL_USE_TLS = _MAIL_SERVER.starttls
EMAIL_USE_SSL = _MAIL_SERVER.ssl
EMAIL_TIMEOUT = mail.TIMEOUT
DEFAULT_FROM_EMAIL = environment.read("EMAIL_FROM", "isletscreen@localhost")
PUBLIC_URL = mail.address_of_site(environment.read("PUBLIC_URL"), ALLOWED_HOSTS, production=PRODUCTION)

# --- Headers

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health$"]
    SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if ALLAUTH_TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=(), xr-spatial-tracking=()"
)

# --- Uploads and forms: bounded before they are read

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Files are read in memory and never laid on a disk; one that is larger is read past and not taken.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Logs: to stderr, events and our own ids only; in production one JSON object per line

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "config.requests.RequestFilter"}},
    "formatters": {
        "plain": {"()": "config.logs.PlainFormatter", "show_exception_text": DEBUG},
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": environment.choice(
                "LOG_FORMAT", *(["json", "plain"] if PRODUCTION else ["plain", "json"])
            ),
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "screening": {"level": environment.read("LOG_LEVEL", "INFO")},
        # A line for every request is for those who run a service.
        "screening.requests": {} if PRODUCTION else {"level": "WARNING"},
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # Says what django.request says, with the query string.
        "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
